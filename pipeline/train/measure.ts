/** Measuring a network on faces, for the validation after an epoch and for `evaluate`. */

import { setTimeout } from "node:timers/promises";
import { ATTRIBUTES } from "../face/attributes.ts";
import { type Batch, type BatchPlan, loadBatch, NO_CHANGE } from "../face/batches.ts";
import type { Face, InputSize, OnReject } from "../face/faces.ts";
import { type Metrics, MetricsAccumulator } from "../metrics/metrics.ts";
import type { MaskOverlap } from "../metrics/mask_overlap.ts";
import { countLandmarks } from "./count_landmarks.ts";
import { countOverlap, priorCells } from "./count_overlap.ts";
import { type FaceRegions, LANDMARK_TRUTH, type MaskTruth } from "./mask_truth.ts";
import type { Learner, Prediction } from "../compute/learner.ts";
import type { Losses } from "./files/log.ts";

const A = ATTRIBUTES.length;

interface Measurement {
  readonly metrics: Metrics;
  readonly losses: Losses;
}

/** Options of {@linkcode measure}. */
export interface MeasureOptions {
  readonly split: string;
  readonly batch: number;
  readonly input: InputSize;
  readonly mask: InputSize;
  /** The attributes that are measured; all by default. */
  readonly learnt?: readonly string[];
  /**
   * The mean mask of the training faces, f32 [h, w, A], 0 to 1: a constant picture to hold the maps
   * against. Without it there is no prior IoU.
   */
  readonly prior?: Float32Array | null;
  /** What the maps are held against, by default the regions over the landmarks. */
  readonly truth?: MaskTruth;
  readonly signal?: AbortSignal | undefined;
  /** Fetches the pixels of faces that come without. */
  readonly pixelsOf?: BatchPlan["pixelsOf"];
  /** Hears of faces whose images cannot be read any more; they are left out. */
  readonly onReject?: OnReject | undefined;
  /** Called after each batch with what the network said; its arrays may be kept. */
  readonly onBatch?: (batch: Batch, prediction: Prediction, masks: MeasuredMasks) => void;
}

interface MeasuredMasks extends MaskOverlap {
  /** Of each face. */
  readonly regions: readonly FaceRegions[];
}

/**
 * Runs the network over all faces, unchanged and in order, and measures logits and masks.
 *
 * @throws {TypeError} If the prior is not of the masks' size.
 */
export async function measure(
  learner: Learner,
  faces: AsyncIterable<Face> | Iterable<Face>,
  options: MeasureOptions,
): Promise<Measurement> {
  const accumulator = new MetricsAccumulator(options.learnt);
  const sums = [0, 0, 0];
  const { input, mask, pixelsOf, truth = LANDMARK_TRUTH, onReject = () => {} } = options;
  const prior = priorOf(options);
  for await (const chosen of batched(faces, options.batch)) {
    options.signal?.throwIfAborted();
    const plan = { input, mask, augmentation: NO_CHANGE, ...(pixelsOf && { pixelsOf }) };
    const batch = await loadBatch(chosen, plan, null, onReject);
    const some = batch.faces;
    if (some.length === 0) continue;
    const [regions, prediction] = await Promise.all([
      truth.regionsOf(batch),
      learner.forward(batch),
    ]);
    const labels = some.map((face) => face.labels);
    const overlap = await overlapOf(batch, prediction, regions, { truth, prior });
    accumulator.add({ logits: prediction.logits, labels, overlap });
    sums.forEach((sum, index) => sums[index] = sum + prediction.losses[index]! * some.length);
    options.onBatch?.(batch, prediction, { regions, ...overlap });
    // On wasm nothing else lets signals be heard.
    await setTimeout(0);
  }
  const [loss, attributeLoss, maskLoss] = sums.map((sum) => sum / accumulator.images);
  return {
    metrics: accumulator.result(options.split),
    losses: { loss: loss!, attributeLoss: attributeLoss!, maskLoss: maskLoss! },
  };
}

/** How the maps of a batch, and the regions over its landmarks, lie on the truth. */
async function overlapOf(
  batch: Batch,
  { maps }: Prediction,
  regions: readonly FaceRegions[],
  { truth, prior }: { readonly truth: MaskTruth; readonly prior: Uint8Array | null },
): Promise<MaskOverlap> {
  const labels = batch.faces.map((face) => face.labels);
  const cells = batch.job.mask.height * batch.job.mask.width;
  const bits = new Uint32Array(regions.length * cells);
  for (const [face, known] of regions.entries()) {
    if (typeof known !== "string") bits.set(known, face * cells);
  }
  const overlap = countOverlap(maps, bits, labels, prior, truth.sets);
  for (const [face, known] of regions.entries()) {
    if (typeof known !== "string") continue;
    // There is no truth to hold the maps against.
    overlap.intersection.fill(0, face * A, (face + 1) * A);
    overlap.union.fill(0, face * A, (face + 1) * A);
  }
  if (truth === LANDMARK_TRUTH) return overlap;
  const landmarks = await LANDMARK_TRUTH.regionsOf(batch);
  return { ...overlap, ...countLandmarks(regions, truth.sets, landmarks, labels) };
}

function priorOf({ prior, mask: { height, width } }: MeasureOptions): Uint8Array | null {
  if (!prior) return null;
  if (prior.length === height * width * A) return priorCells(prior);
  throw new TypeError(
    `Cannot measure masks of ${height}x${width} cells: the prior needs ${height * width} x ${A} ` +
      `values, it has ${prior.length}`,
  );
}

async function* batched<T>(items: AsyncIterable<T> | Iterable<T>, size: number) {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
