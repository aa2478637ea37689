/**
 * The trained network of a run, `RUN/model`.
 *
 * @module
 */

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { exists, writeFile, writeJson } from "../files.ts";
import { checkSchema, schemaOf } from "../schema.ts";

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
 * @throws {Error} If the run has no model yet, or one of another version.
 */
export async function readModel(run: string): Promise<tfl.LayersModel> {
  const folder = join(run, "model");
  const path = join(folder, "model.json");
  if (!await exists(path)) {
    throw new Error(`${run} has no model yet: train it first (${folder} is missing)`);
  }
  const model = JSON.parse(await Deno.readTextFile(path));
  checkSchema("model", model.schema, path);
  const weights = await Deno.readFile(join(folder, WEIGHTS));
  return await tfl.loadLayersModel(tf.io.fromMemory({
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest[0].weights,
    weightData: weights.buffer,
  }));
}
