/** The attributes that a network sees most clearly. */

import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";

/** Probabilities of the attributes that a network has learnt, in the order of `ATTRIBUTES`. */
export type Probabilities = Readonly<Partial<Record<Attribute, number>>>;

/** An attribute and how likely it is. */
export interface LikelyAttribute {
  readonly name: Attribute;
  readonly probability: number;
}

/** The `count` attributes with the highest probabilities, the highest first. */
export function mostLikely(
  probabilities: Probabilities,
  count: number,
): LikelyAttribute[] {
  return ATTRIBUTES.flatMap((name) => {
    const probability = probabilities[name];
    return probability === undefined ? [] : [{ name, probability }];
  })
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}

/** An attribute, how likely it is, and whether it is said to be there. */
interface ShownAttribute extends LikelyAttribute {
  readonly predicted: boolean;
}

/** All predicted attributes, then `others` of those that are not; in each case the likeliest first. */
export function predictedFirst(
  probabilities: Probabilities,
  predicted: readonly Attribute[],
  others: number,
): ShownAttribute[] {
  const all = mostLikely(probabilities, ATTRIBUTES.length).map((likely) => ({
    ...likely,
    predicted: predicted.includes(likely.name),
  }));
  const rest = all.filter((shown) => !shown.predicted).slice(0, others);
  return [...all.filter((shown) => shown.predicted), ...rest];
}
