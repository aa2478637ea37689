/** The trained network of a run, `RUN/model`. */

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { exists, writeFile, writeJson } from "../../files/write_file.ts";
import { readJsonText } from "../../files/json_text.ts";
import { parseMarked, schemaOf } from "../../files/schema.ts";
import { checkModel, type ModelFile } from "./model_file.ts";

/** Writes the network as `RUN/model/model.json` and its weights, for tfjs to load anywhere. */
export async function writeModel(run: string, network: tfl.LayersModel): Promise<void> {
  await network.save(tf.io.withSaveHandler(async (artifacts) => {
    const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData!));
    await writeFile(join(run, "model", WEIGHTS), weights);
    await writeJson(join(run, "model", "model.json"), {
      schema: schemaOf("model"),
      format: "layers-model",
      generatedBy: "attparsenet",
      modelTopology: artifacts.modelTopology,
      weightsManifest: [{ paths: [WEIGHTS], weights: artifacts.weightSpecs }],
    });
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  }));
}

const WEIGHTS = "weights.bin";

/**
 * Loads the network of a run.
 *
 * @throws {Error} If the run has no model yet.
 * @throws {SyntaxError} If it is damaged, of another version, or none of this program; the message names it.
 */
export async function readModel(run: string): Promise<tfl.LayersModel> {
  const folder = join(run, "model");
  const path = join(folder, "model.json");
  if (!await exists(path)) {
    throw new Error(`${run} has no model yet: train it first (${folder} is missing)`);
  }
  const source = parseMarked("model", await readJsonText(path), path);
  const fail = (reason: string, cause: unknown) => {
    throw new SyntaxError(`Cannot read the network ${path}: ${reason}`, { cause });
  };
  let checked: ReturnType<typeof checkModel>;
  try {
    checked = checkModel(source);
  } catch (cause) {
    return fail((cause as Error).message, cause);
  }
  const weights = await readWeights(join(folder, WEIGHTS), checked.bytes);
  // What tfjs says of layers is for those who write them.
  return await loadNetwork(checked.model, weights).catch((cause) =>
    fail("its layers do not fit together", cause)
  );
}

/** When the network of a run was written, in milliseconds; null without one. */
export async function modelTime(run: string): Promise<number | null> {
  const info = await Deno.stat(join(run, "model", WEIGHTS)).catch(() => null);
  return info?.mtime?.getTime() ?? null;
}

/** Reads weights that are of so many bytes. */
async function readWeights(path: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path);
  if (size !== bytes) {
    throw new SyntaxError(`Cannot read the weights ${path}: ${size} bytes instead of ${bytes}`);
  }
  const weights = await Deno.readFile(path);
  if (new Float32Array(weights.buffer).every(Number.isFinite)) return weights;
  throw new SyntaxError(`Cannot read the weights ${path}: a number is not finite`);
}

function loadNetwork(
  { modelTopology, weightsManifest: [{ weights: weightSpecs }] }: ModelFile,
  weights: Uint8Array<ArrayBuffer>,
): Promise<tfl.LayersModel> {
  return tfl.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightSpecs as tf.io.WeightsManifestEntry[],
    weightData: weights.buffer,
  }));
}
