/** The images of one face with parts of it greyed out. */

import type { Random } from "../../numbers/random.ts";
import { growBlob, pixelsWhere } from "./blob.ts";
import { type RegionSet, WHOLE_FACE } from "./region_sets.ts";

/** The middle of u8, which the network's input has as 0: no colour, neither dark nor bright. */
const GREY = 128;

/** What is greyed out: nothing, the regions of a set, or as many pixels elsewhere on the face. */
type Occluded = "nothing" | "region" | "elsewhere";

export interface OccludedImage {
  /** u8 [H, W, 3] */
  readonly pixels: Uint8Array;
  readonly what: Occluded;
  /** The set that it is about; null for the image as it is. */
  readonly set: RegionSet | null;
}

/** A face at the input's size. */
interface OccludableFace {
  /** u8 [H, W, 3] */
  readonly pixels: Uint8Array;
  /** u32 [H, W]: region bits. */
  readonly bits: Uint32Array;
  readonly width: number;
}

/**
 * Makes the face as it is, then for each set its regions greyed out, and as many pixels elsewhere. A set
 * whose regions are not in the picture is passed over, and one with too few pixels left elsewhere too.
 *
 * @param random Decides where elsewhere is, for each set by itself; left as it is.
 */
export function* occludedImages(
  { pixels, bits, width }: OccludableFace,
  sets: readonly RegionSet[],
  random: Random,
): Generator<OccludedImage> {
  yield { pixels, what: "nothing", set: null };
  for (const set of sets) {
    const region = pixelsWhere((pixel) => (bits[pixel]! & set.bits) !== 0, bits.length);
    if (region.length === 0) continue;
    const isWhole = set.bits === WHOLE_FACE;
    const others = isWhole ? null : elsewhereOf(bits, set.bits, width, region.length, random);
    if (others === null && !isWhole) continue;
    yield { pixels: greyedOut(pixels, region), what: "region", set };
    if (others) yield { pixels: greyedOut(pixels, others), what: "elsewhere", set };
  }
}

/** A blob of `count` pixels on the face's other regions; null if they have too few. */
export function elsewhereOf(
  bits: Uint32Array,
  set: number,
  width: number,
  count: number,
  random: Random,
): Uint32Array | null {
  // Where regions overlap, a pixel of another region may belong to the set too.
  const free = Uint8Array.from(bits, (regions) => regions !== 0 && (regions & set) === 0 ? 1 : 0);
  return growBlob(free, width, count, random.fork(String(set)));
}

function greyedOut(image: Uint8Array, pixels: Uint32Array): Uint8Array {
  const result = Uint8Array.from(image);
  for (const pixel of pixels) result.fill(GREY, 3 * pixel, 3 * pixel + 3);
  return result;
}
