/** Calibration: whether what is predicted with 70 % holds in 70 % of the cases. */

import { meanOf, share } from "./shares.ts";

/** Bins of the reliability diagram, as in Guo et al., "On calibration of modern neural networks", 2017. */
export const BINS = 15;

/** The cases whose predicted probability lies in [k / 15, (k + 1) / 15); the last bin includes 1. */
export interface CalibrationBin {
  /** How many cases. */
  readonly count: number;
  /** Mean predicted probability; null in an empty bin. */
  readonly probability: number | null;
  /** Share of the cases that are positive; null in an empty bin. */
  readonly positives: number | null;
}

/** How far the probabilities of one attribute, or of several, can be taken at their word. */
interface Calibration {
  /** Mean of (probability − label)²: 0 is perfect, 0.25 what always saying one half gets. */
  readonly brierScore: number | null;
  /**
   * Expected calibration error: Σ over the bins of their share of the cases times
   * |mean probability − share of positives|.
   */
  readonly error: number | null;
  /** {@linkcode BINS} bins of equal width. */
  readonly bins: readonly CalibrationBin[];
}

/**
 * Measures one attribute.
 *
 * probabilities  N values in [0, 1]
 * positive       N flags
 */
export function calibrationOf(
  probabilities: ArrayLike<number>,
  positive: readonly boolean[],
): Calibration {
  const sums = Array.from({ length: BINS }, () => ({ count: 0, probability: 0, positives: 0 }));
  let squares = 0;
  positive.forEach((isPositive, face) => {
    const probability = probabilities[face]!;
    const bin = sums[Math.min(Math.floor(probability * BINS), BINS - 1)]!;
    bin.count++;
    bin.probability += probability;
    if (isPositive) bin.positives++;
    squares += (probability - (isPositive ? 1 : 0)) ** 2;
  });
  const bins = sums.map(({ count, probability, positives }) => ({
    count,
    probability: share(probability, count),
    positives: share(positives, count),
  }));
  return { brierScore: share(squares, positive.length), error: errorOf(bins), bins };
}

/**
 * Several attributes together: the means of their scores and errors, and their cases pooled in one
 * diagram. The mean of the errors is above the error of the pooled bins, in which an attribute that is
 * believed too much makes up for one that is believed too little.
 */
export function poolCalibration(parts: readonly Calibration[]): Calibration {
  const bins = Array.from({ length: BINS }, (_, k) => {
    const count = parts.reduce((sum, { bins }) => sum + bins[k]!.count, 0);
    const total = (name: "probability" | "positives") =>
      parts.reduce((sum, { bins }) => sum + bins[k]!.count * (bins[k]![name] ?? 0), 0);
    const [probability, positives] = [total("probability"), total("positives")];
    return { count, probability: share(probability, count), positives: share(positives, count) };
  });
  return {
    brierScore: meanOf(parts.map(({ brierScore }) => brierScore)),
    error: meanOf(parts.map(({ error }) => error)),
    bins,
  };
}

function errorOf(bins: readonly CalibrationBin[]): number | null {
  const cases = bins.reduce((sum, { count }) => sum + count, 0);
  const gaps = bins.map(({ count, probability, positives }) =>
    count * Math.abs((probability ?? 0) - (positives ?? 0))
  );
  return share(gaps.reduce((sum, gap) => sum + gap, 0), cases);
}
