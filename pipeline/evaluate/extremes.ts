/** The faces that a network knows best and worst, as `extremes.json` holds them for the report. */

import { ATTRIBUTES, hasAttribute, namesOf } from "../face/attributes.ts";
import { isLearnt, type Predictions } from "../metrics/predictions.ts";
import { sigmoid } from "../numbers/probability.ts";

const A = ATTRIBUTES.length;

/** Faces at either end. */
const COUNT = 6;

/** Where an image lies, and its pixels. */
export interface Place {
  readonly path: string;
  readonly size: readonly [width: number, height: number];
}

export interface ExtremeFace extends Place {
  /** File name as the data set spells it. */
  readonly image: string;
  /** Mean over the attributes of −log of the probability that the network gave to the truth. */
  readonly logLoss: number;
  /** Names of the attributes that are present. */
  readonly labels: readonly string[];
  /** A probabilities in the order of `ATTRIBUTES`. */
  readonly probabilities: readonly number[];
}

/** The content of `extremes.json`: up to six faces each, the most extreme first. */
export interface Extremes {
  readonly best: readonly ExtremeFace[];
  readonly worst: readonly ExtremeFace[];
}

/**
 * Finds the faces with the lowest and the highest mean log loss; none is in both lists.
 *
 * places  N, of the faces of the predictions
 */
export function findExtremes(predictions: Predictions, places: readonly Place[]): Extremes {
  const losses = predictions.labels.map((_, face) => logLossOf(predictions, face));
  const order = losses.map((_, face) => face).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const count = Math.min(COUNT, Math.floor(order.length / 2));
  const describe = (face: number): ExtremeFace => ({
    image: predictions.images[face]!,
    ...places[face]!,
    logLoss: losses[face]!,
    labels: namesOf(predictions.labels[face]!),
    probabilities: ATTRIBUTES.map((_, column) =>
      Math.round(sigmoid(predictions.logits[face * A + column]!) * 1e4) / 1e4
    ),
  });
  return {
    best: order.slice(0, count).map(describe),
    worst: order.toReversed().slice(0, count).map(describe),
  };
}

/** Mean binary cross entropy with logits over the attributes of a face that the network has learnt. */
function logLossOf(predictions: Predictions, face: number): number {
  const { labels, logits } = predictions;
  let [sum, count] = [0, 0];
  for (let column = 0; column < A; column++) {
    if (!isLearnt(predictions, column)) continue;
    count++;
    const x = logits[face * A + column]!;
    const towards = hasAttribute(labels[face]!, column) ? x : -x;
    sum += Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-towards, 0);
  }
  return sum / count;
}
