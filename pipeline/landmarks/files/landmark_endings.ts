/** The forms of landmarks files by their names' endings, which the command line offers. */

import { extname } from "node:path";

/**
 * Endings of files that can be written:
 *
 * - `.csv`, as without an ending: `image_name,x_0,…,x_67,y_0,…,y_67`, a row for each face;
 * - `.ndjson`: the face's record as JSON, a line for each;
 * - `.pts`: the points of a single face, as 300-W has them.
 */
export const LANDMARK_FILES = [".csv", ".ndjson", ".pts"] as const;

/** Whether a file holds the points of one face, and no more. */
export function isSingleFace(path: string): boolean {
  return endingOf(path) === ".pts";
}

/** Whether a file holds records. */
export function isNdjson(path: string): boolean {
  return endingOf(path) === ".ndjson";
}

/** What lies beside a landmarks file: `faces.csv` with the ending `.x` → `faces.x`. */
export function besideLandmarks(out: string, ending: string): string {
  const isKnown = (LANDMARK_FILES as readonly string[]).includes(endingOf(out));
  return (isKnown ? out.slice(0, -extname(out).length) : out) + ending;
}

function endingOf(path: string): string {
  return extname(path).toLowerCase();
}
