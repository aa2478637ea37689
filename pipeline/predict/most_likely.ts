/**
 * The attributes that a network sees most clearly.
 *
 * @module
 */

import { type Attribute, ATTRIBUTES } from "../attributes.ts";

/** An attribute and how likely it is. */
export interface LikelyAttribute {
  readonly name: Attribute;
  readonly probability: number;
}

/** The `count` attributes with the highest probabilities, the highest first. */
export function mostLikely(
  probabilities: Readonly<Record<Attribute, number>>,
  count: number,
): LikelyAttribute[] {
  return ATTRIBUTES.map((name) => ({ name, probability: probabilities[name] }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
