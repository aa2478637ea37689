/**
 * How good landmarks are, against true ones.
 *
 * @module
 */

import type { LandmarkRow } from "./landmark_file.ts";
import { LandmarkTable } from "./landmark_table.ts";

/** The usual figures for landmarks. Errors are relative to the distance of the eyes' outer corners. */
export interface LandmarkScore {
  /** Faces with true points. */
  readonly faces: number;
  /** Faces without predicted points. */
  readonly missed: number;
  /** Mean error over the faces that were found; NaN if none was. */
  readonly mean: number;
  /** Median error over the faces that were found; NaN if none was. */
  readonly median: number;
  /** Share of the found faces with an error above 0.08; NaN if none was found. */
  readonly failureRate: number;
  /** Each found face's error, worst first. */
  readonly errors: readonly { readonly image: string; readonly error: number }[];
}

/** An error above this is a failure. Source: the 300-W challenge. */
const FAILURE = 0.08;
/** Outer corners of the eyes in iBUG's order. */
const OUTER_CORNERS = [36, 45] as const;
const POINTS = 68;

/**
 * Compares predicted with true points by image name; predictions for other images do not count.
 *
 * Source: normalised mean error, the mean distance of the 68 points over |p36 − p45| of the truth.
 *
 * @throws {RangeError} If a true face's eyes coincide.
 */
export async function scoreLandmarks(
  predicted: Iterable<LandmarkRow> | AsyncIterable<LandmarkRow>,
  truth: Iterable<LandmarkRow> | AsyncIterable<LandmarkRow>,
): Promise<LandmarkScore> {
  const table = new LandmarkTable();
  for await (const { image, points } of predicted) table.add(image, points);
  const errors: { image: string; error: number }[] = [];
  let faces = 0;
  for await (const { image, points } of truth) {
    faces++;
    const guess = table.get(image);
    if (guess) errors.push({ image, error: normalizedError(guess, points, image) });
  }
  errors.sort((a, b) => b.error - a.error);
  const found = errors.length;
  return {
    faces,
    missed: faces - found,
    mean: errors.reduce((sum, { error }) => sum + error, 0) / found,
    median: medianOf(errors.map(({ error }) => error)),
    failureRate: errors.filter(({ error }) => error > FAILURE).length / found,
    errors,
  };
}

function normalizedError(points: Float32Array, truth: Float32Array, image: string): number {
  const [left, right] = OUTER_CORNERS;
  const eyes = Math.hypot(
    truth[2 * left]! - truth[2 * right]!,
    truth[2 * left + 1]! - truth[2 * right + 1]!,
  );
  if (!(eyes > 0)) throw new RangeError(`Cannot score ${image}: the true eyes coincide`);
  let sum = 0;
  for (let i = 0; i < 2 * POINTS; i += 2) {
    sum += Math.hypot(points[i]! - truth[i]!, points[i + 1]! - truth[i + 1]!);
  }
  return sum / POINTS / eyes;
}

/** Of values in descending or ascending order. */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
