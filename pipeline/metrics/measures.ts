/** The measures of an attribute and of a split, as `metrics.json` holds them. */

import type { FaceCount } from "../face/face_count.ts";
import type { Interval, ResampledName } from "./bootstrap.ts";
import type { CalibrationBin } from "./calibration.ts";
import type { ConsistencyCount } from "./consistency.ts";
import type { Truth } from "./mask_overlap.ts";

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
   * Localisation of the regions that are drawn from landmarks, in place of the map: how good they are, and how far
   * a network that was trained on them can be expected to go. Only where another truth is measured against.
   */
  readonly landmarkIoU?: number | null;
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
  "localisationIoU" | "priorIoU" | "pointing" | "landmarkIoU" | "maskIoU"
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
  /** Mean of the attributes' IoU of regions drawn from landmarks; as theirs, only with another truth. */
  readonly landmarkIoU?: number | null;
  /** What *where* was measured against; absent in files of older versions, which knew landmarks alone. */
  readonly truth?: Truth;
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

/** Why a measure that is known has no interval. */
export const NO_INTERVAL = "too few faces for an interval";

/** Intervals of the measures; null where the measure is undefined, or the faces are too few. */
export type Intervals = Readonly<Record<ResampledName, Interval | null>>;

/** Measures at a threshold other than one half. */
export interface TunedMeasures {
  /** As in the plain measures. */
  readonly accuracy: number | null;
  /** ½ (positive accuracy + negative accuracy). */
  readonly balancedAccuracy: number | null;
  /** As in the plain measures. */
  readonly f1: number | null;
}

/** The evidence on one attribute. */
export interface AttributeEvidence extends Outcomes {
  /** As in `ATTRIBUTES`. */
  readonly name: string;
  /** Mean squared error of the probability. */
  readonly brierScore: number | null;
  /** Expected calibration error, in 15 bins of equal width. */
  readonly calibrationError: number | null;
  /** Of its measures. */
  readonly intervals: Intervals;
  /** Null where no threshold could be chosen. */
  readonly tuned: (TunedMeasures & { readonly threshold: number }) | null;
}

/** The field `evidence` of `metrics.json`. */
export interface Evidence {
  /** Mean of the attributes' average precision. */
  readonly averagePrecision: number | null;
  /** Mean of the attributes' Brier scores. */
  readonly brierScore: number | null;
  /** Mean of the attributes' calibration errors. */
  readonly calibrationError: number | null;
  /** The reliability diagram: the cases of all attributes in 15 bins of equal width. */
  readonly bins: readonly CalibrationBin[];
  /** Intervals of the means, and how they were found: by a bootstrap over the images. */
  readonly intervals: Intervals & {
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
    /** Why means that are known have no interval; absent where all have one. */
    readonly without?: Readonly<Partial<Record<ResampledName, string>>>;
  };
  /**
   * Means at the attributes' own thresholds, over those that have one; and the split on which the
   * thresholds were chosen, which is never the one that is measured. Null without such a split.
   */
  readonly tuned:
    | (TunedMeasures & { readonly split: string; readonly images: number })
    | null;
  /** A count for each rule, and a last one of the faces that break any. */
  readonly consistency: readonly ConsistencyCount[];
  /** In the order of `ATTRIBUTES`. */
  readonly attributes: readonly AttributeEvidence[];
}
