/**
 * The measures of an attribute and of a split, as `metrics.json` holds them.
 *
 * @module
 */

import type { FaceCount } from "../face/face_count.ts";
import { averagePrecision } from "./average_precision.ts";
import type { Evidence } from "./evidence.ts";

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
  /**
   * Localisation: of the faces that have the attribute and show its region, cells in both the region and
   * the map (where it is above one half) / cells in either, each summed over the faces.
   */
  readonly localisationIoU: number | null;
  /**
   * The same for a constant picture in place of the map, the mean mask of the training faces: a map below
   * this has learned no *where*. Null where no such picture is known.
   */
  readonly priorIoU: number | null;
  /**
   * On how many of these faces the map's maximum is in the region. Source: Zhang et al., "Top-down neural
   * attention by excitation backprop", 2016 (the pointing game).
   */
  readonly pointing: number | null;
  /**
   * The joint mask IoU: cells in both the map and the true mask / cells in either, each summed over all
   * faces. The true mask is empty on faces without the attribute, so that this asks three things at once:
   * whether the label is right, whether the region is, and whether there is no map where there is no
   * attribute.
   */
  readonly maskIoU: number | null;
}

/** The measures of *where* of one attribute. */
export type MaskMeasures = Pick<
  AttributeMetrics,
  "localisationIoU" | "priorIoU" | "pointing" | "maskIoU"
>;

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
  /** Mean of the attributes' localisation. */
  readonly localisationIoU: number | null;
  /** Mean of the same for a constant picture. Null where none is known. */
  readonly priorIoU: number | null;
  /** Mean of the attributes' pointing. */
  readonly pointing: number | null;
  /** Mean of the attributes' joint mask IoU: label, region and absence at once. */
  readonly maskIoU: number | null;
  /** In the order of `ATTRIBUTES`. */
  readonly attributes: readonly AttributeMetrics[];
  /**
   * What became of the faces: of those to measure (`evaluation`), of the masks of those that were (`masks`),
   * and of those that chose thresholds (`thresholds`). Only `evaluate` counts them.
   */
  readonly faces?: readonly FaceCount[];
  /** How many of the measured faces the run knew; null where nothing tells. Only `evaluate` counts them. */
  readonly seen?: SeenFaces | null;
  /** How sure all this is, and more. Only `evaluate` gathers it. */
  readonly evidence?: Evidence;
}

/** Measured faces that a run knew before. */
export interface SeenFaces {
  /** It was trained on them. */
  readonly trained: number;
  /** It was validated on them, by which its weights were chosen. */
  readonly validated: number;
}

/** What is to be thought of measures on faces that a run knew; null if it knew none. */
export function seenText({ images, seen }: Pick<Metrics, "images" | "seen">): string | null {
  if (!seen) return null;
  const of = `of the ${images} measured faces`;
  const parts = [
    seen.trained > 0 &&
    `${seen.trained} ${of} were trained on (leakage): what is measured says little about new faces`,
    seen.validated > 0 &&
    `${seen.validated} ${of} were validated on, and the weights chosen by them`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? null : parts.join("; ");
}

/** How the faces of a split come out for one attribute. */
export interface Outcomes {
  /** Present and predicted. */
  readonly truePositives: number;
  /** Absent and predicted. */
  readonly falsePositives: number;
  /** Absent and denied. */
  readonly trueNegatives: number;
  /** Present and denied. */
  readonly falseNegatives: number;
}

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

/** The mean of the values that are not null, or null if there is none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return share(known.reduce((sum, value) => sum + value, 0), known.length);
}

/** A share of a whole, or null if the whole is nothing. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
