/** How good landmarks are, against true ones. */

import { facesOfImages } from "./faces_of_images.ts";
import { FloatRows } from "../files/float_rows.ts";
import type { LandmarkRow } from "../files/landmark_file.ts";
import { matchFaces } from "./match_faces.ts";

/** The usual figures for landmarks. Errors are relative to the distance of the eyes' outer corners. */
export interface LandmarkScore {
  /** Faces with true points. */
  readonly faces: number;
  /** Faces that were not found, also those in whose place another face was. */
  readonly missed: number;
  /** Predicted faces that are no true face's, in images that have true faces. */
  readonly stray: number;
  /** Mean error over the faces that were found; NaN if none was. */
  readonly mean: number;
  /** Median error over the faces that were found; NaN if none was. */
  readonly median: number;
  /** Share of the found faces with an error above {@linkcode FAILURE_ERROR}; NaN if none was found. */
  readonly failureRate: number;
  /** Share of all faces that were missed or have such an error; NaN if there are none. */
  readonly failuresOrMissed: number;
  /**
   * Area under the cumulative distribution of the errors of all faces, from 0 to
   * {@linkcode FAILURE_ERROR}, as a share of what it could be: 1 if all points are exact. A missed
   * face's error is infinite. NaN if there are no faces.
   */
  readonly auc: number;
  /** Each found face with its error, worst first. */
  readonly errors: readonly FaceError[];
  /** Each face that was missed, in the order of the truth. */
  readonly missedFaces: readonly ScoredFace[];
}

/** A true face, and what was found of it. */
export interface ScoredFace {
  /** The image as the predictions spell it, else as the truth does. */
  readonly image: string;
  /** Which of the true rows the face is, from 0. */
  readonly truth: number;
  /**
   * Which of the predicted rows it is, from 0. For a missed face the stray one of its image that is
   * nearest, or null if there is none.
   */
  readonly predicted: number | null;
}

/** A face that was found. */
export interface FaceError extends ScoredFace {
  /** The normalised mean error. */
  readonly error: number;
}

/** What {@linkcode scoreLandmarks} can be told. */
export interface ScoreOptions {
  /**
   * The images that were looked at, as the predictions spell them: true faces of other images do not
   * count. By default every image in the truth was looked at.
   */
  readonly images?: ReadonlySet<string> | undefined;
}

/** Rows of landmarks, several of which may be faces of one image. */
export type LandmarkRows = Iterable<LandmarkRow> | AsyncIterable<LandmarkRow>;

/** An error above this is a failure. Source: the 300-W challenge. */
export const FAILURE_ERROR = 0.08;
/** Outer corners of the eyes in iBUG's order. */
const OUTER_CORNERS = [36, 45] as const;
const POINTS = 68;

/**
 * Compares predicted with true points, image by image; predictions for other images do not count.
 *
 * An image has several faces where several true rows have its name, or several predicted rows name
 * its faces ({@linkcode faceName}). A true face is found if the middle of a predicted one is at most
 * half of its larger extent away from its own; {@linkcode matchFaces} tells how they are matched. All
 * rows are kept until the end: the points of 200,000 faces in both take 220 MB.
 *
 * Source: normalised mean error, the mean distance of the 68 points over |p36 − p45| of the truth, and
 * cumulative error distribution (Sagonas et al., "300 Faces In-The-Wild Challenge: database and
 * results", 2016); area up to 0.08 over 0.08 (Trigeorgis et al., "Mnemonic Descent Method", 2016).
 *
 * @example Points held against the true ones
 * ```ts
 * import { readLandmarks, scoreLandmarks } from "@attparsenet/attparsenet";
 * import assert from "node:assert/strict";
 *
 * const truth = "data/sample/Anno/list_landmarks_68.csv";
 * const { mean } = await scoreLandmarks(readLandmarks(truth), readLandmarks(truth));
 * assert.equal(mean, 0);
 * ```
 *
 * @throws {RangeError} If the eyes of a true face that was found coincide.
 * @throws {SyntaxError} If names do not tell which image's true points some are.
 */
export async function scoreLandmarks(
  predicted: LandmarkRows,
  truth: LandmarkRows,
  options: ScoreOptions = {},
): Promise<LandmarkScore> {
  const guesses = await gather(predicted);
  const truths = await gather(truth);
  const errors: FaceError[] = [];
  const missedFaces: ScoredFace[] = [];
  let stray = 0;
  const names = guesses.names.map(({ image }) => image);
  for (const group of facesOfImages(truths.names, names, options.images)) {
    const { image } = group;
    const matches = matchFaces(
      group.truth.map((row) => truths.points.row(row)),
      group.predicted.map((row) => guesses.points.row(row)),
    );
    for (const [i, match] of matches.entries()) {
      const row = match.predicted === null ? null : group.predicted[match.predicted]!;
      const face = { image, truth: group.truth[i]!, predicted: row };
      if (!match.found || row === null) missedFaces.push(face);
      else {
        const error = normalizedError(
          guesses.points.row(row),
          truths.points.row(face.truth),
          image,
        );
        errors.push({ ...face, error });
      }
    }
    stray += group.predicted.length - matches.filter(({ found }) => found).length;
  }
  missedFaces.sort((a, b) => a.truth - b.truth);
  errors.sort((a, b) => b.error - a.error || a.truth - b.truth);
  return {
    ...figures(errors.map(({ error }) => error), missedFaces.length),
    stray,
    errors,
    missedFaces,
  };
}

interface Rows {
  readonly names: { image: string; place?: string }[];
  readonly points: FloatRows;
}

async function gather(source: LandmarkRows): Promise<Rows> {
  const rows: Rows = { names: [], points: new FloatRows(2 * POINTS) };
  for await (const row of source) {
    // Imported faces know where they were read.
    const { image, points, place }: LandmarkRow & { place?: string } = row;
    rows.names.push(place === undefined ? { image } : { image, place });
    rows.points.add(points);
  }
  return rows;
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

/** @param errors Of the found faces, worst first. */
function figures(
  errors: readonly number[],
  missed: number,
): Omit<LandmarkScore, "stray" | "errors" | "missedFaces"> {
  const found = errors.length;
  const faces = found + missed;
  const failures = errors.filter((error) => error > FAILURE_ERROR).length;
  // Under the staircase each face has a rectangle, from its error to the right end.
  const area = errors.reduce((sum, error) => sum + Math.max(0, FAILURE_ERROR - error), 0);
  return {
    faces,
    missed,
    mean: errors.reduce((sum, error) => sum + error, 0) / found,
    median: medianOf(errors),
    failureRate: failures / found,
    failuresOrMissed: (failures + missed) / faces,
    auc: area / FAILURE_ERROR / faces,
  };
}

/** Of values in descending or ascending order. */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
