/** What networks say of a face, as pages show it. */

import type { Attribute } from "../../../face/attributes.ts";
import type { HeatMap } from "../../../image/drawing/heat_map.ts";

/** What a network says of one attribute. */
export interface SaidAttribute {
  readonly name: Attribute;
  readonly probability: number;
  /** The probability above which it counts. */
  readonly threshold: number;
  readonly isPresent: boolean;
  readonly map: HeatMap;
}

/** What a network says of a face. */
export interface Said {
  /** The network's name where there are several. */
  readonly by: string;
  /** Those that it has learnt, the likeliest first. */
  readonly attributes: readonly SaidAttribute[];
}

/** The attributes in the order of their rows: the first network's, then those that only others have learnt. */
export function namesIn(said: readonly Said[]): Attribute[] {
  return [...new Set(said.flatMap(({ attributes }) => attributes.map(({ name }) => name)))];
}
