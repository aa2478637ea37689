/**
 * The evaluation stage: a trained run and labelled faces in, the metrics of one split out.
 *
 * @module
 */

import { resolve } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Backend, failureOf, selectBackend } from "./backend.ts";
import { type InputSize, loadFaces, type OnReject } from "./faces.ts";
import { type OccludeOptions, Occluder } from "./evaluate/occluder.ts";
import { takeSamples } from "./evaluate/sample_faces.ts";
import { EvaluationFiles } from "./evaluation_files.ts";
import { useLikelyKernels } from "./kernel_choices.ts";
import { gatherEvidence, type Metrics } from "./metrics.ts";
import type { Occlusion } from "./occlusion.ts";
import { PredictionCollector, type Predictions } from "./metrics/predictions.ts";
import { maskPrior } from "./network/mask_prior.ts";
import type { FaceRecord, Split } from "./record.ts";
import { findExtremes, type Place } from "./report/extremes.ts";
import type { Sample } from "./report/samples.ts";
import { Learner } from "./train/learner.ts";
import { measure, type MeasureOptions } from "./train/measure.ts";
import { readModel } from "./train/model_folder.ts";
import { readRunConfig } from "./train/run_folder.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /** Labelled faces; those of other splits are passed over. Points are needed for the masks only. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The split to measure. */
  readonly split: Split;
  /**
   * Labelled faces of the validation split, for the attributes' own thresholds; those of other splits
   * are passed over. Not looked at where the validation split itself is measured: thresholds are never
   * chosen on the faces that they are then measured on.
   */
  readonly validation?: AsyncIterable<FaceRecord>;
  /** Whether regions are occluded too, and how far that moves the logits; not by default. */
  readonly occlude?: OccludeOptions;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** Images a forward pass; the run's own by default. Does not change the result. */
  readonly batch?: number;
  /** Stops after the batch at hand. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the images done, those of the validation split included. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Hears of faces that are left out. */
  readonly onReject?: OnReject;
  /** Hears of damaged images that are used as far as they go. */
  readonly onDamaged?: OnReject | undefined;
}

/** What {@linkcode evaluate} returns. */
export interface Evaluated extends Metrics {
  /** Only if it was asked for. */
  readonly occlusion?: Occlusion;
}

/**
 * Measures a trained network on one split. Writes into the run's folder:
 *
 * - `metrics.json`: what is returned;
 * - `predictions.safetensors`: what the network said of each face, for `compare`;
 * - `samples.json`: a few faces with their masks, for the report;
 * - `extremes.json`: the faces that it knows best and worst, for the report;
 * - `occlusion.json`, with `occlude`: whether it looks where its maps say. Without, an older one goes: it
 *   may be of other weights.
 *
 * @example Four faces, after one step on others
 * ```ts
 * import { evaluate, openBackend, openDataset, train, trainConfig } from "attparsenet";
 * import { joinLandmarks } from "attparsenet";
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
 * @throws {WriteError} If the folder cannot be written to, before any work.
 * @throws {Deno.errors.Busy} If another process evaluates the run.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluated> {
  const { run, split, backend, validation } = options;
  const config = await readRunConfig(run);
  await selectBackend(backend);
  const network = await readModel(run);
  try {
    const occluder = options.occlude && new Occluder(options.occlude, split);
    await using files = await EvaluationFiles.open(run);
    const batch = options.batch ?? config.batch;
    await useLikelyKernels(backend, { network: config.network, batch });
    using learner = new Learner(backend, network, config);
    const learnt = config.attributes;
    const prior = await maskPrior(network);
    const job = { learner, options, learnt, sizes: networkSizes(network), prior, batch, done: 0 };
    const { metrics, predictions, samples, places } = await measureSplit(
      job,
      occluder?.note(options.records) ?? options.records,
      split,
    );
    if (metrics.images === 0) {
      throw new Error(`There is nothing to evaluate: the split ${split} has no readable faces`);
    }
    const tuning = validation && split !== "validation"
      ? await measureSplit(job, withoutPoints(validation), "validation")
      : null;
    const others = tuning && tuning.metrics.images > 0 ? tuning.predictions : null;
    const result = { ...metrics, evidence: gatherEvidence(metrics, predictions, others) };
    const extremes = findExtremes(predictions, places);
    const occlusion = await occluder?.measure({ ...job, network, backend });
    await files.write({ predictions, samples, extremes, occlusion, metrics: result });
    return occlusion ? { ...result, occlusion } : result;
  } catch (error) {
    throw await failureOf(backend, error);
  } finally {
    network.dispose();
  }
}

/** What the splits of one evaluation have in common. */
interface Job {
  readonly learner: Learner;
  readonly options: EvaluateOptions;
  readonly sizes: { readonly input: InputSize; readonly mask: InputSize };
  /** The mean mask of the faces that it was trained on. */
  readonly prior: Float32Array | null;
  readonly batch: number;
  /** The attributes that the network has learnt. */
  readonly learnt: readonly string[];
  /** Images done, over all splits. */
  done: number;
}

/** One split as the network sees it. */
interface MeasuredSplit {
  readonly metrics: Metrics;
  readonly predictions: Predictions;
  readonly samples: readonly Sample[];
  /** Where the image of each prediction lies. */
  readonly places: readonly Place[];
}

async function measureSplit(
  job: Job,
  source: AsyncIterable<FaceRecord>,
  split: Split,
): Promise<MeasuredSplit> {
  const { learner, options, sizes, batch, learnt } = job;
  const { signal, onProgress, onReject = () => {}, onDamaged } = options;
  const collector = new PredictionCollector();
  const samples: Sample[] = [];
  const places: Place[] = [];
  const onBatch: MeasureOptions["onBatch"] = ({ faces }, { logits, maps }, masks) => {
    const images = faces.map(({ record }) => record.image);
    collector.add({ images, labels: faces.map(({ labels }) => labels), logits, ...masks });
    places.push(
      ...faces.map(({ record: { path, size } }) => ({ path: resolve(path), size: size! })),
    );
    takeSamples(samples, faces, { logits, maps }, masks.bits, sizes.mask);
    onProgress?.(job.done += faces.length, null);
  };
  const faces = loadFaces(onlySplit(source, split), sizes.input, onReject, onDamaged);
  const settings = { split, batch, learnt, ...sizes, prior: job.prior, signal, onBatch };
  const { metrics } = await measure(learner, faces, settings);
  return { metrics, predictions: collector.result(split, learnt), samples, places };
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

async function* onlySplit(records: AsyncIterable<FaceRecord>, split: Split) {
  for await (const record of records) if (record.split === split) yield record;
}

/** Thresholds are chosen by the attributes alone: no masks are drawn. */
async function* withoutPoints(records: AsyncIterable<FaceRecord>) {
  for await (const record of records) yield { ...record, points: null };
}
