/** What a pack says of its pictures: one place for each, in a fixed order. */

import { crc32 } from "node:zlib";
import type { FileFacts, PictureSize } from "../image/reading/read_picture.ts";

/** Places, and what is known of the picture at each. */
export class PackIndex {
  /** Names of the pictures, in the order of their places. */
  readonly names: readonly string[];
  /** u8 [N]: 1 where a picture is there. */
  readonly present: Uint8Array<ArrayBuffer>;
  /** u32 [N]: CRC-32 of the pixels. */
  readonly checksums: Uint32Array<ArrayBuffer>;
  /** u32 [N, 2]: width and height of the picture's file once it is upright. */
  readonly sizes: Uint32Array<ArrayBuffer>;
  /** u32 [N]: bytes of the file. */
  readonly bytes: Uint32Array<ArrayBuffer>;
  /** f64 [N]: when the file was last changed, in milliseconds since 1970. */
  readonly modified: Float64Array<ArrayBuffer>;
  /** u8 [N, 8]: first 64 bits of the file's SHA-256. */
  readonly digests: Uint8Array<ArrayBuffer>;
  /** What is wrong with the files that are damaged and used as far as they go, by name. */
  readonly damage: Record<string, string>;

  /** Places for pictures of these names, none of them there. */
  constructor(names: readonly string[]) {
    const { length } = names;
    this.names = names;
    this.present = new Uint8Array(length);
    this.checksums = new Uint32Array(length);
    this.sizes = new Uint32Array(2 * length);
    this.bytes = new Uint32Array(length);
    this.modified = new Float64Array(length);
    this.digests = new Uint8Array(8 * length);
    this.damage = {};
  }

  /** Notes a picture, whose pixels are u8 [H, W, 3]. */
  set(place: number, pixels: Uint8Array, { width, height, file, damage }: PictureFacts): void {
    this.present[place] = 1;
    this.checksums[place] = crc32(pixels);
    this.sizes.set([width, height], 2 * place);
    this.bytes[place] = file.bytes;
    this.modified[place] = file.modified;
    this.digests.set(Uint8Array.fromHex(file.digest), 8 * place);
    if (damage !== undefined) this.damage[this.names[place]!] = damage;
  }

  /** What is known of the picture at a place; null if it is not there. */
  get(place: number): PictureFacts | null {
    if (!this.present[place]) return null;
    const damage = this.damage[this.names[place]!];
    return {
      width: this.sizes[2 * place]!,
      height: this.sizes[2 * place + 1]!,
      file: {
        bytes: this.bytes[place]!,
        modified: this.modified[place]!,
        digest: this.digests.subarray(8 * place, 8 * place + 8).toHex(),
      },
      ...(damage !== undefined && { damage }),
    };
  }

  /** Whether these are the pixels that were noted. */
  isWhole(place: number, pixels: Uint8Array): boolean {
    return crc32(pixels) === this.checksums[place];
  }
}

/** What is known of a picture besides its pixels. */
export interface PictureFacts extends PictureSize {
  /** The file that it was read from. */
  readonly file: FileFacts;
  /** What is wrong with the file, if it is damaged and used as far as it goes. */
  readonly damage?: string | undefined;
}
