/** Counting how maps lie on true regions. */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { type MaskOverlap, NOWHERE } from "../metrics/mask_overlap.ts";
import { LANDMARK_TRUTH } from "./mask_truth.ts";

const A = ATTRIBUTES.length;

/** A map's cell belongs to the predicted mask above this: half way between the two targets. */
const MASK_THRESHOLD = 0.5;

/** The cells of a constant picture, u8 [cells, A], from its probabilities, f32 [cells, A]. */
export function priorCells(prior: Float32Array): Uint8Array {
  return Uint8Array.from(prior, (probability) => probability > MASK_THRESHOLD ? 1 : 0);
}

/**
 * Counts cells by image and attribute, and looks where each map has its maximum: in the first cell, row by
 * row, of equal ones.
 *
 * maps    f32 [B, cells, A]  predicted
 * bits    u32 [B, cells]     region bits; none where they are not known
 * labels  B numbers          label bits
 * prior   u8 [cells, A]      1 where the constant picture is, see {@linkcode priorCells}; or null
 * sets    u32 [A]            region bits of each attribute; of one that has none, nothing is counted
 */
export function countOverlap(
  maps: Float32Array,
  bits: Uint32Array,
  labels: readonly number[],
  prior: Uint8Array | null = null,
  sets: Uint32Array = LANDMARK_TRUTH.sets,
): MaskOverlap {
  const cells = bits.length / labels.length;
  const counts = () => new Uint32Array(labels.length * A);
  const overlap = {
    intersection: counts(),
    union: counts(),
    ...(prior && { priorIntersection: counts(), priorUnion: counts() }),
    pointing: new Uint8Array(labels.length * A).fill(NOWHERE),
  };
  const areas = prior && areasOf(prior);
  const tally = new Tally(sets);
  labels.forEach((label, image) => {
    tally.start(label);
    tally.count(
      maps.subarray(image * cells * A, (image + 1) * cells * A),
      bits.subarray(image * cells, (image + 1) * cells),
      overlap.union.subarray(image * A, (image + 1) * A),
      prior,
    );
    for (const [k, a] of tally.present.entries()) {
      const at = image * A + a;
      const region = tally.region[k]!;
      overlap.intersection[at] = tally.both[k]!;
      overlap.union[at]! += region - tally.both[k]!;
      if (region === 0) continue;
      overlap.pointing[at] = tally.isHit[k]!;
      if (!prior) continue;
      overlap.priorIntersection![at] = tally.prior[k]!;
      overlap.priorUnion![at] = areas![a]! + region - tally.prior[k]!;
    }
    for (let a = 0; a < A; a++) if (sets[a] === 0) overlap.union[image * A + a] = 0;
  });
  return overlap;
}

/**
 * The counts of one face. Arrays that are made once have a place for each attribute that the face has: few
 * of the 40, so that what only they need is looked at for them alone.
 */
class Tally {
  readonly #regions: Uint32Array;
  readonly #most = new Float64Array(A);
  /** Cells of the region. */
  readonly region = new Uint32Array(A);
  /** Cells of both the region and the map. */
  readonly both = new Uint32Array(A);
  /** Cells of both the region and the prior. */
  readonly prior = new Uint32Array(A);
  /** 1 where the highest cell so far is in the region. */
  readonly isHit = new Uint8Array(A);
  /** Columns of the attributes that the face has. */
  present = new Uint8Array();

  constructor(regions: Uint32Array) {
    this.#regions = regions;
  }

  start(labels: number): void {
    this.present = Uint8Array.from(ATTRIBUTES.keys()).filter((a) => hasAttribute(labels, a));
    this.#most.fill(-Infinity);
    for (const counts of [this.region, this.both, this.prior, this.isHit]) counts.fill(0);
  }

  /**
   * Goes through the cells once, all attributes of a cell lying side by side.
   *
   * maps   f32 [cells, A]
   * bits   u32 [cells]
   * sums   u32 [A]         gets the cells of each map
   * prior  u8 [cells, A]   or null
   */
  count(
    maps: Float32Array,
    bits: Uint32Array,
    sums: Uint32Array,
    prior: Uint8Array | null,
  ): void {
    const { present, region, both, isHit, prior: inPrior } = this;
    const [regions, most, known] = [this.#regions, this.#most, present.length];
    for (let cell = 0, from = 0; cell < bits.length; cell++, from += A) {
      for (let a = 0; a < A; a++) if (maps[from + a]! > MASK_THRESHOLD) sums[a]!++;
      const here = bits[cell]!;
      for (let k = 0; k < known; k++) {
        const a = present[k]!;
        const value = maps[from + a]!;
        const isTrue = (here & regions[a]!) === 0 ? 0 : 1;
        if (value > most[k]!) {
          most[k] = value;
          isHit[k] = isTrue;
        }
        if (isTrue === 0) continue;
        region[k]!++;
        if (value > MASK_THRESHOLD) both[k]!++;
        if (prior !== null) inPrior[k]! += prior[from + a]!;
      }
    }
  }
}

/** The cells of each attribute's prior. */
function areasOf(prior: Uint8Array): Uint32Array {
  const areas = new Uint32Array(A);
  for (let at = 0; at < prior.length; at++) areas[at % A]! += prior[at]!;
  return areas;
}
