/**
 * The measures of an attribute and of a split, as `metrics.json` holds them.
 *
 * @module
 */

import { averagePrecision } from "./average_precision.ts";

/** The measures of one attribute over a split: TP, FP, TN and FN count its faces. */
export interface AttributeMetrics {
  /** As in `ATTRIBUTES`. */
  readonly name: string;
  /** (TP + TN) / all faces. */
  readonly accuracy: number | null;
  /** TP / (TP + FN): how many of the faces that have the attribute are recognised. */
  readonly positiveAccuracy: number | null;
  /** TN / (TN + FP): how many of the faces that lack it are recognised. */
  readonly negativeAccuracy: number | null;
  /** TP / (TP + FP); null if it is never predicted. */
  readonly precision: number | null;
  /** The same as the positive accuracy, under the name that goes with precision. */
  readonly recall: number | null;
  /** 2 TP / (2 TP + FP + FN): 0 if the attribute occurs and is never found. */
  readonly f1: number | null;
  /** See {@linkcode averagePrecision}. */
  readonly averagePrecision: number | null;
  /** Pixels in both masks / pixels in either, both summed over the split. */
  readonly maskIoU: number | null;
}

/** The content of `metrics.json`. */
export interface Metrics {
  /** What was evaluated, such as `test`. */
  readonly split: string;
  /** How many faces. */
  readonly images: number;
  /** Mean accuracy of the attributes: the number that the field reports. */
  readonly accuracy: number | null;
  /** Mean over the attributes of ½ (positive accuracy + negative accuracy). */
  readonly balancedAccuracy: number | null;
  /**
   * Mean accuracy of always answering each attribute's more frequent class. The class is taken from
   * the evaluated split itself, which makes it the best constant answer there is: a network below
   * this has learned nothing that shows in accuracy.
   */
  readonly majorityAccuracy: number | null;
  /** Mean of the attributes' mask IoU. */
  readonly maskIoU: number | null;
  /** In the order of `ATTRIBUTES`. */
  readonly attributes: readonly AttributeMetrics[];
}

/**
 * Measures one attribute. It is predicted where its score is above 0.
 *
 * scores   f32 [N]  logits
 * present  N flags  whether face n has the attribute
 */
export function measureAttribute(
  name: string,
  scores: Float32Array,
  present: (face: number) => boolean,
  maskIoU: number | null,
): AttributeMetrics {
  let [truePositive, falsePositive, trueNegative, falseNegative] = [0, 0, 0, 0];
  for (const [face, score] of scores.entries()) {
    if (score > 0) present(face) ? truePositive++ : falsePositive++;
    else present(face) ? falseNegative++ : trueNegative++;
  }
  const recall = share(truePositive, truePositive + falseNegative);
  return {
    name,
    accuracy: share(truePositive + trueNegative, scores.length),
    positiveAccuracy: recall,
    negativeAccuracy: share(trueNegative, trueNegative + falsePositive),
    precision: share(truePositive, truePositive + falsePositive),
    recall,
    f1: share(2 * truePositive, 2 * truePositive + falsePositive + falseNegative),
    averagePrecision: averagePrecision(scores, present),
    maskIoU,
  };
}

/** ½ (positive accuracy + negative accuracy), or null if the split lacks one of the two classes. */
export function balancedAccuracyOf(
  attribute: Pick<AttributeMetrics, "positiveAccuracy" | "negativeAccuracy">,
): number | null {
  const { positiveAccuracy, negativeAccuracy } = attribute;
  if (positiveAccuracy === null || negativeAccuracy === null) return null;
  return (positiveAccuracy + negativeAccuracy) / 2;
}

/** The mean of the values that are not null, or null if there is none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return share(known.reduce((sum, value) => sum + value, 0), known.length);
}

/** A share of a whole, or null if the whole is nothing. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
