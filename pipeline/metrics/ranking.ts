/** The order of faces by a score. */

/** The faces from the highest score to the lowest; those of equal score in their own order. */
export function descending(scores: Float32Array): Uint32Array {
  return Uint32Array.from(scores, (_, face) => face)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
}
