/**
 * The attributes that a network sees most clearly.
 *
 * @module
 */

import { type Attribute, ATTRIBUTES } from "../attributes.ts";

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
