/** Means over faces with their bootstrap intervals, and the means of such means. */

import {
  BOOTSTRAP_SEED,
  type Interval,
  intervalAround,
  RESAMPLES,
} from "../../metrics/bootstrap.ts";
import { Random } from "../../numbers/random.ts";

/** A mean over faces. */
export interface Estimate {
  /** In logits. */
  readonly mean: number;
  /** Where it may be expected to lie with other faces; null for one face, which says nothing of others. */
  readonly interval: Interval | null;
}

/** A quantity of some faces: its mean over those that have it, as measured and in each resample. */
export interface ResampledMean {
  /** Faces that have it. */
  readonly faces: number;
  /** NaN if there are none. */
  readonly mean: number;
  /** f64 [resamples]; NaN where no face that has it was drawn. */
  readonly resampled: Float64Array;
}

/**
 * Draws as many faces as there are, with replacement, and takes each column's mean: all columns see the
 * same draws, so that the interval of a difference is a paired one.
 *
 * @param columns f64 [faces] each; NaN where a face does not have the quantity
 */
export function resampleMeans(columns: readonly Float64Array[], faces: number): ResampledMean[] {
  const random = new Random(BOOTSTRAP_SEED);
  const once = new Uint32Array(faces).fill(1);
  const resampled = columns.map(() => new Float64Array(RESAMPLES));
  const draws = new Uint32Array(faces);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    draws.fill(0);
    for (let draw = 0; draw < faces; draw++) draws[random.integer(faces)]!++;
    columns.forEach((column, at) => resampled[at]![resample] = meanOf(column, draws));
  }
  return columns.map((column, at) => ({
    faces: column.filter((value) => !Number.isNaN(value)).length,
    mean: meanOf(column, once),
    resampled: resampled[at]!,
  }));
}

/** Values weighted by how often their face was drawn; those that are NaN are left out. */
function meanOf(values: Float64Array, draws: Uint32Array): number {
  let [sum, count] = [0, 0];
  for (let face = 0; face < values.length; face++) {
    const value = values[face]!;
    if (Number.isNaN(value)) continue;
    sum += draws[face]! * value;
    count += draws[face]!;
  }
  return sum / count;
}

/** The mean with its interval; null if no face has the quantity. */
export function estimateOf({ faces, mean, resampled }: ResampledMean): Estimate | null {
  if (Number.isNaN(mean)) return null;
  return { mean, interval: faces < 2 ? null : intervalAround(mean, resampled) };
}

/** The mean of means, resample by resample; what is undefined is left out. */
export function meanOfMeans(means: readonly ResampledMean[]): ResampledMean {
  const known = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    faces: Math.max(0, ...means.map(({ faces }) => faces)),
    mean: mean(known(means.map(({ mean }) => mean))),
    resampled: Float64Array.from(
      { length: RESAMPLES },
      (_, at) => mean(known(means.map(({ resampled }) => resampled[at]!))),
    ),
  };
}
