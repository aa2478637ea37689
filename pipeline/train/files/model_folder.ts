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

/** A network as it is stored. */
export interface StoredModel {
  readonly model: ModelFile;
  /** All numbers, in the order of the model's weights. */
  readonly weights: Float32Array<ArrayBuffer>;
}

/**
 * Reads the network of a run, for which nothing need compute.
 *
 * @throws {Error} If the run has no model yet.
 * @throws {SyntaxError} If it is damaged, of another version, or none of this program; the message names it.
 */
export async function readStoredModel(run: string): Promise<StoredModel> {
  const folder = join(run, "model");
  const path = modelPath(run);
  if (!await exists(path)) {
    throw new Error(`${run} has no model yet: train it first (${folder} is missing)`);
  }
  const source = parseMarked("model", await readJsonText(path), path);
  let checked: ReturnType<typeof checkModel>;
  try {
    checked = checkModel(source);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
  const weights = await readWeights(join(folder, WEIGHTS), checked.bytes);
  return { model: checked.model, weights };
}

/** Loads the network of a run; what {@linkcode readStoredModel} refuses, this does too. */
export async function readModel(run: string): Promise<tfl.LayersModel> {
  const { model, weights } = await readStoredModel(run);
  // What tfjs says of layers is for those who write them.
  return await loadNetwork(model, weights).catch((cause) => {
    throw unreadable(modelPath(run), "its layers do not fit together", cause);
  });
}

function modelPath(run: string): string {
  return join(run, "model", "model.json");
}

function unreadable(path: string, reason: string, cause: unknown): SyntaxError {
  return new SyntaxError(`Cannot read the network ${path}: ${reason}`, { cause });
}

/** When the network of a run was written, in milliseconds; null without one. */
export async function modelTime(run: string): Promise<number | null> {
  const info = await Deno.stat(join(run, "model", WEIGHTS)).catch(() => null);
  return info?.mtime?.getTime() ?? null;
}

/** Reads weights that are of so many bytes. */
async function readWeights(path: string, bytes: number): Promise<Float32Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path);
  if (size !== bytes) {
    throw new SyntaxError(`Cannot read the weights ${path}: ${size} bytes instead of ${bytes}`);
  }
  const weights = new Float32Array((await Deno.readFile(path)).buffer);
  if (weights.every(Number.isFinite)) return weights;
  throw new SyntaxError(`Cannot read the weights ${path}: a number is not finite`);
}

function loadNetwork(
  { modelTopology, weightsManifest: [{ weights: weightSpecs }] }: ModelFile,
  weights: Float32Array<ArrayBuffer>,
): Promise<tfl.LayersModel> {
  return tfl.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightSpecs as tf.io.WeightsManifestEntry[],
    weightData: weights.buffer,
  }));
}
