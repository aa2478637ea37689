/** A threshold for each attribute instead of one half, chosen on faces that are not those measured. */

import { ATTRIBUTES } from "../face/attributes.ts";
import { type Predictions, presenceOf, scoresOf } from "./predictions.ts";
import { sigmoid } from "../numbers/probability.ts";
import { descending } from "./ranking.ts";

/**
 * For each attribute the probability above which it is best predicted on these faces; see
 * {@linkcode chooseThreshold}.
 */
export function chooseThresholds(predictions: Predictions): (number | null)[] {
  return ATTRIBUTES.map((_, column) =>
    chooseThreshold(scoresOf(predictions, column), presenceOf(predictions, column))
  );
}

/**
 * The threshold with the highest balanced accuracy. Every cut between two neighbouring scores is tried:
 * at one half where that lies between them, and half way (in logits) elsewhere. Of equally good ones,
 * the nearest to one half is taken.
 *
 * scores    f32 [N]  logits
 * positive  N flags
 *
 * @returns A probability; an attribute is predicted above it. Null if there are only positives or only
 * negatives, and so nothing to choose by.
 */
export function chooseThreshold(scores: Float32Array, positive: readonly boolean[]): number | null {
  const positives = positive.filter(Boolean).length;
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const order = descending(scores);
  let best = { balanced: -1, threshold: 0.5 };
  let [found, seen] = [0, 0];
  let above = Infinity;
  for (let rank = 0; rank <= order.length; rank++) {
    const below = rank < order.length ? scores[order[rank]!]! : -Infinity;
    if (below < above) {
      // Everything seen so far is predicted: `found` positives and `seen − found` negatives.
      const balanced = (found / positives + 1 - (seen - found) / negatives) / 2;
      const threshold = sigmoid(cutBetween(below, above));
      const gain = balanced - best.balanced;
      if (gain > EQUAL || (gain > -EQUAL && isNearer(threshold, best.threshold))) {
        best = { balanced, threshold };
      }
    }
    above = below;
    if (positive[order[rank] ?? 0]) found++;
    seen++;
  }
  return best.threshold;
}

/** Balanced accuracies this close are equal; those that differ do so by far more for any N. */
const EQUAL = 1e-12;

/** The cut of which `above` lies above and `below` does not. */
function cutBetween(below: number, above: number): number {
  if (below <= 0 && 0 < above) return 0;
  if (above === Infinity) return below;
  return below === -Infinity ? above - 1 : (below + above) / 2;
}

function isNearer(threshold: number, other: number): boolean {
  return Math.abs(threshold - 0.5) < Math.abs(other - 0.5);
}
