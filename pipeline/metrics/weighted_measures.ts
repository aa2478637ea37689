/** The measures of faces that count several times or not at all. */

import { ATTRIBUTES } from "../face/attributes.ts";
import { LANES, PackedSums } from "./packed_sums.ts";
import { isLocalised } from "./mask_overlap.ts";
import { type Predictions, presenceOf, scoresOf } from "./predictions.ts";
import { logitOf } from "../numbers/probability.ts";
import { WeightedPrecision } from "./weighted_precision.ts";

const A = ATTRIBUTES.length;

/** A measure that is resampled; the tuned ones are at the attributes' own thresholds. */
export type ResampledName =
  | "accuracy"
  | "balancedAccuracy"
  | "averagePrecision"
  | "localisationIoU"
  | "pointing"
  | "maskIoU"
  | "tunedAccuracy"
  | "tunedBalancedAccuracy";

/** All of them. */
export const RESAMPLED: readonly ResampledName[] = [
  "accuracy",
  "balancedAccuracy",
  "averagePrecision",
  "localisationIoU",
  "pointing",
  "maskIoU",
  "tunedAccuracy",
  "tunedBalancedAccuracy",
];

/** f64 [A, LANES] each; NaN where a measure is undefined. */
type Measured = Readonly<Record<ResampledName, Float64Array>>;

/**
 * Makes a function that measures the faces under weights: how often each of them counts. The weights
 * of a lane sum up to the number of faces.
 *
 * weights  f64 [faces, LANES]
 *
 * @param thresholds A probabilities for the tuned measures, null where there is none.
 */
export function weightedMeasures(
  predictions: Predictions,
  thresholds: readonly (number | null)[],
): (weights: Float64Array) => Measured {
  const { images: { length: faces }, logits } = predictions;
  const positive = ATTRIBUTES.map((_, column) => presenceOf(predictions, column));
  const cuts = thresholds.map((threshold) => threshold === null ? NaN : logitOf(threshold));
  const counts = new PackedSums(
    [
      ...positive.map((flags) => (face: number) => flags[face] ? 1 : 0),
      ...positive.flatMap((flags, column) =>
        [0, cuts[column]!].flatMap((cut) => {
          const isAbove = (face: number) => logits[face * A + column]! > cut;
          return [
            (face: number) => flags[face] && isAbove(face) ? 1 : 0,
            (face: number) => !flags[face] && !isAbove(face) ? 1 : 0,
          ];
        })
      ),
    ],
    faces,
    1,
  );
  const measureMasks = weightedMaskMeasures(predictions);
  const ranked = positive.map((flags, column) =>
    new WeightedPrecision(scoresOf(predictions, column), flags)
  );
  return (weights) => {
    const measured = Object.fromEntries(
      RESAMPLED.map((name) => [name, new Float64Array(A * LANES)]),
    ) as Measured;
    const sums = counts.sums(weights);
    measureMasks(weights, measured);
    for (let column = 0; column < A; column++) {
      ranked[column]!.measure(weights, measured.averagePrecision.subarray(column * LANES));
      for (let lane = 0; lane < LANES; lane++) {
        const at = column * LANES + lane;
        const [tp, tn, tunedTp, tunedTn] = [0, 1, 2, 3].map((count) =>
          sums[(A + column * 4 + count) * LANES + lane]!
        ) as [number, number, number, number];
        const positives = sums[at]!;
        const balanced = (tp: number, tn: number) =>
          (tp / positives + tn / (faces - positives)) / 2;
        const isTuned = !Number.isNaN(cuts[column]!);
        measured.accuracy[at] = (tp + tn) / faces;
        measured.balancedAccuracy[at] = balanced(tp, tn);
        measured.tunedAccuracy[at] = isTuned ? (tunedTp + tunedTn) / faces : NaN;
        measured.tunedBalancedAccuracy[at] = isTuned ? balanced(tunedTp, tunedTn) : NaN;
      }
    }
    return measured;
  };
}

/** The part of it that masks take: fills in localisation, pointing and the joint mask IoU. */
function weightedMaskMeasures(
  predictions: Predictions,
): (weights: Float64Array, measured: Measured) => void {
  const { images: { length: faces }, intersection, union, pointing } = predictions;
  const columns = (...values: ((at: number) => number)[]) =>
    values.flatMap((value) =>
      ATTRIBUTES.map((_, column) => (face: number) => value(face * A + column))
    );
  const localised = (counts: Uint32Array) => (at: number) =>
    isLocalised(predictions, at) ? counts[at]! : 0;
  const pixels = new PackedSums(
    columns(
      (at) => intersection[at]!,
      (at) => union[at]!,
      localised(intersection),
      localised(union),
    ),
    faces,
    union.reduce((most, count) => Math.max(most, count), 1),
  );
  const faceCounts = new PackedSums(
    columns(
      (at) => pointing?.[at] === 1 ? 1 : 0,
      (at) => isLocalised(predictions, at) ? 1 : 0,
    ),
    faces,
    1,
  );
  return (weights, measured) => {
    const areas = pixels.sums(weights);
    const pointed = faceCounts.sums(weights);
    for (let at = 0; at < A * LANES; at++) {
      const sum = (sums: Float64Array, which: number) => sums[which * A * LANES + at]!;
      // 0/0, which is NaN, where there is nothing to measure.
      measured.maskIoU[at] = sum(areas, 0) / sum(areas, 1);
      measured.localisationIoU[at] = sum(areas, 2) / sum(areas, 3);
      measured.pointing[at] = sum(pointed, 0) / sum(pointed, 1);
    }
  };
}
