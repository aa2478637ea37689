/**
 * What stands behind the measures of an evaluation: how sure they are, how far the probabilities can be
 * trusted, what another threshold would do, and how often the answers contradict each other.
 */

import { ATTRIBUTES } from "../face/attributes.ts";
import {
  bootstrap,
  BOOTSTRAP_SEED,
  intervalAround,
  LEVEL,
  RESAMPLED,
  type ResampledName,
  RESAMPLES,
  type Resamples,
} from "./bootstrap.ts";
import { calibrationOf, poolCalibration } from "./calibration.ts";
import { countContradictions } from "./consistency.ts";
import {
  type AttributeEvidence,
  type Evidence,
  type Intervals,
  type Metrics,
  NO_INTERVAL,
  type Outcomes,
  type TunedMeasures,
} from "./measures.ts";
import { balancedAccuracyOf, countOutcomes, ratesOf } from "./rates.ts";
import { meanOf } from "./shares.ts";
import { isLearnt, type Predictions, presenceOf, scoresOf } from "./predictions.ts";
import { logitOf, sigmoid } from "../numbers/probability.ts";
import { chooseThresholds } from "./thresholds.ts";

/**
 * Gathers the evidence.
 *
 * @param metrics The measures of the same faces.
 * @param validation Other faces, on which a threshold is chosen for each attribute.
 */
export function gatherEvidence(
  metrics: Metrics,
  predictions: Predictions,
  validation: Predictions | null,
): Evidence {
  const chosen = validation ? chooseThresholds(validation) : [];
  const thresholds = ATTRIBUTES.map((_, column) =>
    isLearnt(predictions, column) ? chosen[column] ?? null : null
  );
  const resamples = bootstrap(predictions, thresholds);
  const calibrations = ATTRIBUTES.map((_, column) =>
    calibrationOf(
      Float64Array.from(scoresOf(predictions, column), sigmoid),
      presenceOf(predictions, column),
    )
  );
  const attributes = ATTRIBUTES.map((name, column): AttributeEvidence => {
    const { brierScore, error } = calibrations[column]!;
    const tuned = tunedOf(predictions, column, thresholds[column] ?? null);
    const measured = metrics.attributes[column]!;
    const estimates = { ...measured, balancedAccuracy: balancedAccuracyOf(measured) };
    return {
      name,
      ...outcomesOf(predictions, column, 0),
      brierScore: isLearnt(predictions, column) ? brierScore : null,
      calibrationError: isLearnt(predictions, column) ? error : null,
      intervals: intervalsOf(resamples, column, estimatesOf(estimates, tuned)),
      tuned,
    };
  });
  const { brierScore, error, bins } = poolCalibration(
    calibrations.filter((_, column) => isLearnt(predictions, column)),
  );
  const averagePrecision = meanOf(
    metrics.attributes.map(({ averagePrecision }) => averagePrecision),
  );
  const tuned = validation && tunedMeans(validation, attributes);
  const means = estimatesOf({ ...metrics, averagePrecision }, tuned);
  return {
    averagePrecision,
    brierScore,
    calibrationError: error,
    bins,
    intervals: {
      level: LEVEL,
      resamples: RESAMPLES,
      seed: BOOTSTRAP_SEED,
      ...meanIntervals(resamples, means),
    },
    tuned,
    consistency: countContradictions(predictions),
    attributes,
  };
}

function outcomesOf(predictions: Predictions, column: number, cut: number): Outcomes {
  const present = presenceOf(predictions, column);
  return countOutcomes(scoresOf(predictions, column), (face) => present[face]!, cut);
}

function tunedOf(
  predictions: Predictions,
  column: number,
  threshold: number | null,
): AttributeEvidence["tuned"] {
  if (threshold === null) return null;
  const rates = ratesOf(outcomesOf(predictions, column, logitOf(threshold)));
  const { accuracy, f1 } = rates;
  return { threshold, accuracy, balancedAccuracy: balancedAccuracyOf(rates), f1 };
}

function tunedMeans(
  { split, images }: Predictions,
  attributes: readonly AttributeEvidence[],
): Evidence["tuned"] {
  const mean = (name: keyof TunedMeasures) =>
    meanOf(attributes.map(({ tuned }) => tuned?.[name] ?? null));
  return {
    split,
    images: images.length,
    accuracy: mean("accuracy"),
    balancedAccuracy: mean("balancedAccuracy"),
    f1: mean("f1"),
  };
}

/** What intervals are to hold. */
type Estimates = Readonly<Record<ResampledName, number | null>>;

function estimatesOf(
  plain: Omit<Estimates, "tunedAccuracy" | "tunedBalancedAccuracy">,
  tuned: TunedMeasures | null,
): Estimates {
  const { accuracy = null, balancedAccuracy = null } = tuned ?? {};
  return { ...plain, tunedAccuracy: accuracy, tunedBalancedAccuracy: balancedAccuracy };
}

function intervalsOf(resamples: Resamples, column: number, estimates: Estimates): Intervals {
  return Object.fromEntries(
    RESAMPLED.map((name) => [name, intervalAround(estimates[name], resamples[name][column]!)]),
  ) as Intervals;
}

/** The intervals of the means, and why some have none. */
function meanIntervals(resamples: Resamples, means: Estimates) {
  const intervals = intervalsOf(resamples, ATTRIBUTES.length, means);
  const lacking = RESAMPLED.filter((name) => means[name] !== null && intervals[name] === null);
  const without = Object.fromEntries(lacking.map((name) => [name, NO_INTERVAL]));
  return { ...intervals, ...lacking.length > 0 && { without } };
}
