/** Which predicted face of an image is which true one. */

import type { Box } from "../../face/record.ts";
import { boxAround } from "../face_square.ts";

/**
 * A centre that is farther away, relative to the true face's larger extent, is another face's: faces
 * side by side have their centres about one extent apart.
 */
const REACH = 0.5;

/** What has been found out about a true face. */
interface FaceMatch {
  /** Whether a predicted face is near enough. */
  readonly found: boolean;
  /** Index of that face; else of the nearest one that is no true face's, or null if there is none. */
  readonly predicted: number | null;
}

/**
 * Matches the faces of one image by the centres of their points' extents: of all pairs that are near
 * enough the nearest one first, then the nearest one of the faces that are left, and so on (greedy: not
 * always the least sum of distances). Of equally near pairs it is the one with the earlier true face,
 * then with the earlier predicted one.
 *
 * @param truth f32 [136] for each true face.
 * @param predicted f32 [136] for each predicted face.
 * @returns One match for each true face, in their order.
 */
export function matchFaces(
  truth: readonly Float32Array[],
  predicted: readonly Float32Array[],
): FaceMatch[] {
  const boxes = truth.map(boxAround);
  const guesses = predicted.map(boxAround);
  const pairs = boxes.flatMap((box, face) =>
    guesses.map((guess, index) => ({ face, index, distance: centreDistance(box, guess) }))
  ).sort((a, b) => a.distance - b.distance || a.face - b.face || a.index - b.index);
  const found = new Map<number, number>();
  const taken = new Set<number>();
  for (const { face, index, distance } of pairs) {
    if (found.has(face) || taken.has(index)) continue;
    const { width, height } = boxes[face]!;
    if (!(distance <= REACH * Math.max(width, height))) continue;
    found.set(face, index);
    taken.add(index);
  }
  return boxes.map((_, face) => {
    const match = found.get(face);
    if (match !== undefined) return { found: true, predicted: match };
    const wrong = pairs.find((pair) => pair.face === face && !taken.has(pair.index));
    return { found: false, predicted: wrong?.index ?? null };
  });
}

function centreDistance(a: Box, b: Box): number {
  return Math.hypot(
    a.x + a.width / 2 - b.x - b.width / 2,
    a.y + a.height / 2 - b.y - b.height / 2,
  );
}
