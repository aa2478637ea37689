/**
 * The measures of faces that count several times or not at all.
 *
 * @module
 */

import { ATTRIBUTES } from "../attributes.ts";
import { LANES, PackedSums } from "./packed_sums.ts";
import { type Predictions, presenceOf, scoresOf } from "./predictions.ts";
import { logitOf } from "./probability.ts";
import { WeightedPrecision } from "./weighted_precision.ts";

const A = ATTRIBUTES.length;

/** A measure that is resampled; the tuned ones are at the attributes' own thresholds. */
export type ResampledName =
  | "accuracy"
  | "balancedAccuracy"
  | "averagePrecision"
  | "maskIoU"
  | "tunedAccuracy"
  | "tunedBalancedAccuracy";

/** All of them. */
export const RESAMPLED: readonly ResampledName[] = [
  "accuracy",
  "balancedAccuracy",
  "averagePrecision",
  "maskIoU",
  "tunedAccuracy",
  "tunedBalancedAccuracy",
];

/** f64 [A, LANES] each; NaN where a measure is undefined. */
export type Measured = Readonly<Record<ResampledName, Float64Array>>;

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
  const { images: { length: faces }, logits, intersection, union } = predictions;
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
  const pixels = new PackedSums(
    ATTRIBUTES.flatMap((_, column) =>
      [intersection, union].map((counts) => (face: number) => counts[face * A + column]!)
    ),
    faces,
    union.reduce((most, count) => Math.max(most, count), 1),
  );
  const ranked = positive.map((flags, column) =>
    new WeightedPrecision(scoresOf(predictions, column), flags)
  );
  return (weights) => {
    const measured = Object.fromEntries(
      RESAMPLED.map((name) => [name, new Float64Array(A * LANES)]),
    ) as Measured;
    const sums = counts.sums(weights);
    const areas = pixels.sums(weights);
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
        measured.maskIoU[at] = areas[2 * column * LANES + lane]! /
          areas[(2 * column + 1) * LANES + lane]!;
      }
    }
    return measured;
  };
}
