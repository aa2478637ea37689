/**
 * The evaluation stage: a trained run and labelled faces in, the metrics of one split out.
 *
 * @module
 */

import type { LayersModel } from "@tensorflow/tfjs-layers";
import { failureOf, selectBackend } from "./compute/backend.ts";
import type { InputSize } from "./face/faces.ts";
import { PictureReader } from "./image/reading/picture_reader.ts";
import { Occluder } from "./evaluate/occluder.ts";
import { measureSplit } from "./evaluate/measure_split.ts";
import { openTruth } from "./evaluate/open_truth.ts";
import { EvaluationFiles } from "./evaluate/evaluation_files.ts";
import { useLikelyKernels } from "./compute/kernel_choices.ts";
import { gatherEvidence } from "./metrics/metrics.ts";
import { maskPrior } from "./network/mask_prior.ts";
import type { Evaluated, EvaluateOptions } from "./evaluate/options.ts";
import { findExtremes } from "./evaluate/extremes.ts";
import { writeCard } from "./train/card/card_files.ts";
import { readFaceList } from "./train/faces/face_list.ts";
import { Learner } from "./compute/learner.ts";
import { modelTime, readModel } from "./train/files/model_folder.ts";
import { readRunConfig } from "./train/files/run_folder.ts";

export type { Evaluated, EvaluateOptions, MaskOptions } from "./evaluate/options.ts";

/**
 * Measures a trained network on one split. Writes into the run's folder:
 *
 * - `metrics.json`: what is returned, and the measures in the card of the model;
 * - `predictions.safetensors`: what the network said of each face, for `compare`;
 * - `samples.json`: a few faces with their masks, for the report;
 * - `extremes.json`: the faces that it knows best and worst, for the report;
 * - `occlusion.json`, with `occlude`: whether it looks where its maps say. Without, an older one goes: it
 *   may be of other weights.
 *
 * @example Four faces, after one step on others
 * ```ts
 * import { evaluate, openBackend, openDataset, train, trainConfig } from "@attparsenet/attparsenet";
 * import { joinLandmarks } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const join = joinLandmarks("data/sample/Anno/list_landmarks_68.csv");
 * const run = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * const some = join(dataset.records({ split: "train", shard: { index: 1, count: 90 } }));
 * const config = trainConfig("lite", { epochs: 1, batch: 4 });
 * await train({ records: some, config, backend, out: run });
 *
 * const records = join(dataset.records({ split: "test", shard: { index: 1, count: 18 } }));
 * const { accuracy, localisationIoU } = await evaluate({ run, records, split: "test", backend });
 * console.log(accuracy, localisationIoU);
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @throws {Error} If the run has no model, the split has no faces that can be read (with `occlude`, none
 * that have landmarks), or the GPU is lost.
 * @throws {Deno.errors.NotFound} If there is no folder of masks where one is given.
 * @throws {WriteError} If the folder cannot be written to, before any work.
 * @throws {Deno.errors.Busy} If another process evaluates the run.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  const { run, split, backend, validation } = options;
  const config = await readRunConfig(run);
  await selectBackend(backend);
  const read = await modelTime(run);
  const network = await readModel(run);
  try {
    const occluder = options.occlude && new Occluder(options.occlude, split);
    await using files = await EvaluationFiles.open(run);
    const batch = options.batch ?? config.batch;
    await useLikelyKernels(backend, { network: config.network, batch });
    using learner = new Learner(backend, network, config);
    const learnt = config.attributes;
    const prior = await maskPrior(network);
    const list = await readFaceList(run).catch(unlessDamaged);
    const known = { list, dataset: config.data?.dataset };
    const sizes = networkSizes(network);
    await using reader = new PictureReader({ workers: options.workers });
    const { truth, source } = await openTruth(options.masks, reader);
    const job = { learner, reader, options, learnt, known, sizes, prior, truth, batch, done: 0 };
    const records = occluder?.note(options.records) ?? options.records;
    const measured = await measureSplit(job, records, { split, stage: "evaluation" });
    const { metrics, predictions, samples, places } = measured;
    if (metrics.images === 0) {
      throw new Error(`There is nothing to evaluate: the split ${split} has no readable faces`);
    }
    const tuning = validation && split !== "validation"
      ? await measureSplit(job, validation, { split: "validation", stage: "thresholds" })
      : null;
    const others = tuning && tuning.metrics.images > 0 ? tuning.predictions : null;
    const faces = [...measured.counts, ...tuning ? [tuning.counts[0]!] : []];
    const { seen } = measured;
    const result = {
      ...metrics,
      truth: source,
      faces,
      seen,
      evidence: gatherEvidence(metrics, predictions, others),
    };
    const extremes = findExtremes(predictions, places);
    const occlusion = await occluder?.measure({ ...job, network, backend });
    await files.write({ predictions, samples, extremes, occlusion, metrics: result });
    // A training that goes on may have replaced the network meanwhile.
    if (await modelTime(run) === read) await writeCard(run, result);
    return occlusion ? { ...result, occlusion } : result;
  } catch (error) {
    throw await failureOf(backend, error);
  } finally {
    network.dispose();
  }
}

/** For a list that is damaged, as if there were none. */
function unlessDamaged(error: unknown): null {
  if (error instanceof SyntaxError) return null;
  throw error;
}

/** Sizes of a loaded network's input and masks. */
export function networkSizes(network: LayersModel): { input: InputSize; mask: InputSize } {
  const [, inputHeight, inputWidth] = network.inputs[0]!.shape as number[];
  const [, height, width] = network.outputs[1]!.shape as number[];
  return {
    input: { height: inputHeight!, width: inputWidth! },
    mask: { height: height!, width: width! },
  };
}
