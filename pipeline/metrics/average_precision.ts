/** Average precision: how well the scores of one attribute rank the faces that have it. */

/**
 * The area under the precision-recall steps: Σ (Rₙ − Rₙ₋₁) · Pₙ over the thresholds n, from the highest
 * score down. Faces of equal score share one threshold, so their order does not matter, and nothing
 * is interpolated between thresholds.
 *
 * scores    f32 [N]  any increasing function of the probability; no NaN
 * positive  N flags  whether face n has the attribute
 *
 * Source: the definition of scikit-learn's `average_precision_score`.
 *
 * @returns A value in (0, 1], or null if no face has the attribute.
 */
export function averagePrecision(
  scores: Float32Array,
  positive: (face: number) => boolean,
): number | null {
  const keys = sortKeys(scores, positive);
  keys.sort();
  let positives = 0;
  for (const key of keys) positives += key % 2;
  if (positives === 0) return null;

  let area = 0;
  let seen = 0;
  let found = 0;
  for (let n = keys.length - 1; n >= 0;) {
    const score = Math.floor((keys[n] ?? 0) / 2);
    const foundAbove = found;
    for (; n >= 0 && Math.floor((keys[n] ?? 0) / 2) === score; n--) {
      found += (keys[n] ?? 0) % 2;
      seen++;
    }
    // Divided at the end: sums of thirds go a little beyond 1, which is no share any more.
    area += (found - foundAbove) * found / seen;
  }
  return area / positives;
}

/**
 * One number a face that sorts as its score does and carries its flag in the lowest bit, so that the
 * sort needs no comparison function: the bits of an f32 order like an unsigned integer once the sign
 * bit of positive numbers and all bits of negative ones are inverted. 33 bits fit a double exactly.
 */
function sortKeys(scores: Float32Array, positive: (face: number) => boolean): Float64Array {
  const keys = new Float64Array(scores.length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let n = 0; n < scores.length; n++) {
    float[0] = (scores[n] ?? 0) + 0; // −0 becomes 0, its equal
    const word = bits[0] ?? 0;
    const ordered = word >= 2 ** 31 ? 2 ** 32 - 1 - word : word + 2 ** 31;
    keys[n] = ordered * 2 + (positive(n) ? 1 : 0);
  }
  return keys;
}
