/** From region bits to the 40 attribute masks of a face: packed to bits, and counted. */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { attributeRegionMasks, REGIONS } from "../face/regions.ts";

/** One mask: the union of some regions. */
export interface PackedMask {
  /** u8 [⌈h·w / 8⌉, rounded up to 4]: pixels row by row, most significant bit first. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many pixels are set. */
  readonly pixels: number;
}

/**
 * Takes the masks of faces apart, one face after the other.
 *
 * Region bits become 14 bit planes, an attribute is the bitwise or of its regions' planes, and
 * attributes with the same regions share one mask.
 */
export class AttributeMasks {
  /** Pixels of a mask. */
  readonly pixels: number;
  /** Bytes of all 40 packed masks of a face. */
  readonly packedBytes: number;

  readonly #regionsOf = attributeRegionMasks();
  /** u8 [14, bytes of a plane] */
  readonly #planes: Uint8Array<ArrayBuffer>;
  readonly #planeBytes: number;
  readonly #empty: PackedMask;
  /** The current face's masks by their set of regions. */
  readonly #masks = new Map<number, PackedMask>();

  /** For masks of `height`·`width` pixels. */
  constructor(height: number, width: number) {
    this.pixels = height * width;
    this.packedBytes = ATTRIBUTES.length * this.pixels / 8;
    this.#planeBytes = 4 * Math.ceil(this.pixels / 32);
    this.#planes = new Uint8Array(REGIONS.length * this.#planeBytes);
    this.#empty = { bytes: new Uint8Array(this.#planeBytes), pixels: 0 };
  }

  /**
   * The masks of a face's 40 attributes; empty where the attribute is absent.
   *
   * @param bits u32 [h, w]: region bits
   * @param labels the face's 40 label bits
   * @returns 40 masks; equal ones are one object.
   */
  masksOf(bits: Uint32Array, labels: number): PackedMask[] {
    if (bits.length !== this.pixels) {
      throw new TypeError(`Cannot pack a mask of ${bits.length} pixels: not ${this.pixels}`);
    }
    this.#splitRegions(bits);
    this.#masks.clear();
    return ATTRIBUTES.map((_, column) => {
      if (!hasAttribute(labels, column)) return this.#empty;
      const regions = this.#regionsOf[column] as number;
      const known = this.#masks.get(regions);
      if (known) return known;
      const mask = this.#union(regions);
      this.#masks.set(regions, mask);
      return mask;
    });
  }

  /**
   * The 40 masks one after the other without gaps: bits [40, h, w], most significant bit first.
   *
   * @param target u8 [packedBytes], zero; written where a pixel is set
   */
  pack(masks: readonly PackedMask[], target: Uint8Array): void {
    for (const [column, { bytes, pixels }] of masks.entries()) {
      if (pixels === 0) continue;
      const at = Math.floor(column * this.pixels / 8);
      const shift = (column * this.pixels) % 8;
      const end = Math.ceil(this.pixels / 8);
      if (shift === 0) {
        target.set(bytes.subarray(0, end), at);
        continue;
      }
      for (let i = 0; i < end; i++) {
        const byte = bytes[i] as number;
        if (byte === 0) continue;
        target[at + i] = (target[at + i] as number) | (byte >> shift);
        const rest = (byte << (8 - shift)) & 0xff;
        if (rest) target[at + i + 1] = (target[at + i + 1] as number) | rest;
      }
    }
  }

  /** Spreads region bits over the planes. */
  #splitRegions(bits: Uint32Array): void {
    this.#planes.fill(0);
    for (let pixel = 0; pixel < bits.length; pixel++) {
      let word = bits[pixel] as number;
      const byte = pixel >> 3;
      const bit = 0x80 >> (pixel & 7);
      while (word !== 0) {
        const region = 31 - Math.clz32(word);
        const at = region * this.#planeBytes + byte;
        this.#planes[at] = (this.#planes[at] as number) | bit;
        word ^= 1 << region;
      }
    }
  }

  #union(regions: number): PackedMask {
    const words = this.#planeBytes / 4;
    const union = new Uint32Array(words);
    for (let region = 0; region < REGIONS.length; region++) {
      if (!(regions & (1 << region))) continue;
      const plane = new Uint32Array(this.#planes.buffer, region * this.#planeBytes, words);
      for (let i = 0; i < words; i++) union[i] = (union[i] as number) | (plane[i] as number);
    }
    return { bytes: new Uint8Array(union.buffer), pixels: countBits(union) };
  }
}

/** How many bits are set. Source: Warren, Hacker's Delight, chapter 5. */
function countBits(words: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    let word = words[i] as number;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
