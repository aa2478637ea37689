/** The sets of regions that attributes occupy: those that share one also share its occluded images. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { attributeRegionMasks, REGIONS } from "../../face/regions.ts";

export interface RegionSet {
  /** Bit r says whether region r belongs to it. */
  readonly bits: number;
  /** The attributes that occupy it, as columns of `ATTRIBUTES`. */
  readonly columns: readonly number[];
}

/** All regions: the whole face, which has no elsewhere. */
export const WHOLE_FACE = (1 << REGIONS.length) - 1;

/** The region sets of attributes, 18 if all were learnt, in the order in which they are first met. */
export function regionSets(learnt: readonly string[] = ATTRIBUTES): RegionSet[] {
  const columns = new Map<number, number[]>();
  for (const [column, bits] of attributeRegionMasks().entries()) {
    if (!learnt.includes(ATTRIBUTES[column]!)) continue;
    const those = columns.get(bits) ?? [];
    columns.set(bits, those);
    those.push(column);
  }
  return Array.from(columns, ([bits, columns]) => ({ bits, columns }));
}
