/** From the outcomes of an attribute to its measures. */

import { averagePrecision } from "./average_precision.ts";
import type { AttributeMetrics, MaskMeasures, Outcomes } from "./measures.ts";
import { share } from "./shares.ts";

/** Counts the outcomes where an attribute is predicted above the logit `cut`: 0 is one half. */
export function countOutcomes(
  scores: Float32Array,
  present: (face: number) => boolean,
  cut = 0,
): Outcomes {
  let [truePositives, falsePositives, trueNegatives, falseNegatives] = [0, 0, 0, 0];
  for (const [face, score] of scores.entries()) {
    if (score > cut) present(face) ? truePositives++ : falsePositives++;
    else present(face) ? falseNegatives++ : trueNegatives++;
  }
  return { truePositives, falsePositives, trueNegatives, falseNegatives };
}

/** The shares that the outcomes come to. */
export function ratesOf(
  { truePositives, falsePositives, trueNegatives, falseNegatives }: Outcomes,
): Omit<AttributeMetrics, "name" | "averagePrecision" | keyof MaskMeasures> {
  const wrong = falsePositives + falseNegatives;
  const recall = share(truePositives, truePositives + falseNegatives);
  return {
    accuracy: share(truePositives + trueNegatives, truePositives + trueNegatives + wrong),
    positiveAccuracy: recall,
    negativeAccuracy: share(trueNegatives, trueNegatives + falsePositives),
    precision: share(truePositives, truePositives + falsePositives),
    recall,
    f1: share(2 * truePositives, 2 * truePositives + wrong),
  };
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
  masks: MaskMeasures,
): AttributeMetrics {
  return {
    name,
    ...ratesOf(countOutcomes(scores, present)),
    averagePrecision: averagePrecision(scores, present),
    ...masks,
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
