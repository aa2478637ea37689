/**
 * What an evaluation measures: per attribute how often the network is right, how well it ranks, and
 * how well it knows where, and the means of these over the 40 attributes.
 *
 * Every measure is a share between 0 and 1, or null where it is undefined (0/0): the positive
 * accuracy of an attribute that no face has, the precision of one that is never predicted. A mean
 * skips what is null, and is null if nothing is left. Nothing is ever NaN, so `metrics.json` is JSON.
 */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { NO_MASKS, OverlapSums } from "./mask_measures.ts";
import { type MaskOverlap, overlapNames } from "./mask_overlap.ts";
import type { AttributeMetrics, Metrics } from "./measures.ts";
import { balancedAccuracyOf, measureAttribute } from "./rates.ts";
import { meanOf, share } from "./shares.ts";

export {
  type AttributeEvidence,
  type AttributeMetrics,
  type Evidence,
  type Intervals,
  type Metrics,
  NO_INTERVAL,
  type Outcomes,
  type SeenFaces,
  seenText,
  type TunedMeasures,
} from "./measures.ts";
export { balancedAccuracyOf } from "./rates.ts";
export type { Interval, ResampledName } from "./bootstrap.ts";
export { type MaskOverlap, type PartTruth, type Truth, truthText } from "./mask_overlap.ts";
export type { CalibrationBin } from "./calibration.ts";
export type { ConsistencyCount } from "./consistency.ts";
export { gatherEvidence } from "./evidence.ts";
export { type MetricsTable, metricsTable } from "./table.ts";

const A = ATTRIBUTES.length;

/**
 * Faces that have been through the network, in any number.
 *
 * logits         f32 [B, A]  before the sigmoid; an attribute is predicted where its logit is above 0,
 *                            which is a probability above one half
 * labels         B numbers   40 label bits each (see `attributes.ts`)
 */
export interface MetricsBatch {
  /** f32 [B, A] */
  readonly logits: Float32Array;
  /** 40 bits a face. */
  readonly labels: readonly number[];
  /**
   * [B, A] each. Absent where no masks are compared; then all measures of masks are null. Without
   * `pointing` the joint mask IoU alone is measured.
   */
  readonly overlap?: MaskOverlap;
}

/**
 * Collects the predictions of a split batch by batch and measures them at the end. It keeps 4·A + 8
 * bytes a face (168: 3.4 MB for CelebA's test split), which average precision needs to rank them.
 */
export class MetricsAccumulator {
  readonly #learnt: readonly string[];
  readonly #logits: Float32Array[] = [];
  readonly #labels: number[] = [];
  readonly #overlap = new OverlapSums();
  /** What the batches know of masks. */
  #masks: string | null = null;

  /**
   * Starts without faces.
   *
   * @param learnt The attributes that are measured; of the others, every measure is undefined.
   */
  constructor(learnt: readonly string[] = ATTRIBUTES) {
    this.#learnt = learnt;
  }

  /** How many faces have been added. */
  get images(): number {
    return this.#labels.length;
  }

  /**
   * Adds a batch. Its arrays are copied and may be reused.
   *
   * @throws {TypeError} If an array does not have A values for each label, or if some batches come
   * with masks and others without.
   * @throws {RangeError} If a logit is not a number, as those of a network that has diverged are.
   */
  add(batch: MetricsBatch): void {
    checkBatch(batch);
    const { logits, labels, overlap } = batch;
    const masks = overlap ? overlapNames(overlap).join() : "";
    if (masks !== (this.#masks ??= masks)) {
      throw new TypeError("Cannot measure masks: some batches have them and others do not");
    }
    if (overlap) this.#overlap.add(overlap);
    this.#logits.push(logits.slice());
    for (const bits of labels) this.#labels.push(bits);
  }

  /** Measures everything added so far; adding may go on afterwards. */
  result(split: string): Metrics {
    const attributes = ATTRIBUTES.map((_, column) => this.#measure(column));
    const positives = ATTRIBUTES.map((_, column) =>
      this.#labels.reduce((sum, bits) => sum + (hasAttribute(bits, column) ? 1 : 0), 0)
    );
    return {
      split,
      images: this.images,
      accuracy: meanOf(attributes.map(({ accuracy }) => accuracy)),
      balancedAccuracy: meanOf(attributes.map(balancedAccuracyOf)),
      majorityAccuracy: meanOf(
        positives.map((count, column) =>
          this.#isLearnt(column) ? share(Math.max(count, this.images - count), this.images) : null
        ),
      ),
      localisationIoU: meanOf(attributes.map(({ localisationIoU }) => localisationIoU)),
      priorIoU: meanOf(attributes.map(({ priorIoU }) => priorIoU)),
      pointing: meanOf(attributes.map(({ pointing }) => pointing)),
      maskIoU: meanOf(attributes.map(({ maskIoU }) => maskIoU)),
      ...(this.#overlap.hasLandmarks && {
        landmarkIoU: meanOf(attributes.map(({ landmarkIoU = null }) => landmarkIoU)),
      }),
      attributes,
    };
  }

  #measure(column: number): AttributeMetrics {
    const present = (face: number) => hasAttribute(this.#labels[face] ?? 0, column);
    const name = ATTRIBUTES[column] ?? "";
    // Of no faces nothing is defined.
    if (!this.#isLearnt(column)) {
      return measureAttribute(name, new Float32Array(), present, NO_MASKS);
    }
    return measureAttribute(name, this.#scores(column), present, this.#overlap.measures(column));
  }

  #isLearnt(column: number): boolean {
    return this.#learnt.includes(ATTRIBUTES[column]!);
  }

  /** The logits of one attribute, f32 [N]. */
  #scores(column: number): Float32Array {
    const scores = new Float32Array(this.images);
    let face = 0;
    for (const batch of this.#logits) {
      for (let at = column; at < batch.length; at += A) scores[face++] = batch[at] ?? 0;
    }
    return scores;
  }
}

function checkBatch({ logits, labels, overlap }: MetricsBatch): void {
  const wanted = labels.length * A;
  const arrays = overlap
    ? overlapNames(overlap).map((name) => [name, overlap[name]!] as const)
    : [];
  for (const [name, { length }] of [["logits", logits] as const, ...arrays]) {
    if (length === wanted) continue;
    throw new TypeError(
      `Cannot measure a batch of ${labels.length} faces: ${name} needs ${labels.length} x ${A} ` +
        `values, it has ${length}`,
    );
  }
  const wrong = logits.findIndex(Number.isNaN);
  if (wrong < 0) return;
  throw new RangeError(
    `Cannot measure a prediction that is not a number: face ${
      Math.floor(wrong / A)
    } of the batch, ` +
      `${ATTRIBUTES[wrong % A]}; the network has probably diverged`,
  );
}
