/**
 * Unpacking the strips and tiles of TIFF files.
 *
 * Source: TIFF 6.0, sections 9 (PackBits), 13 (LZW), 14 (differences), and Adobe's technical notes 1 and 2
 * (deflate, JPEG).
 */

import { concat } from "@std/bytes";
import { inflateSync } from "node:zlib";
import { readJpegHeader } from "./jpeg/header.ts";
import { decodeColourJpeg } from "./jpeg/mozjpeg.ts";
import type { TiffDirectory } from "./tiff_directory.ts";

const NONE = 1, LZW = 5, JPEG = 7, DEFLATE = 8, OLD_DEFLATE = 32946, PACKBITS = 32773;
const RGB = 2;

/** Whether blocks are JPEG files, which unpack to RGB pixels. */
export function isJpegTiff({ compression }: TiffDirectory): boolean {
  return compression === JPEG;
}

/**
 * Unpacks a block that has no more than this many bytes a row and rows.
 *
 * @returns Samples, as many as could be unpacked.
 * @throws {SyntaxError} If it is damaged or packed in a way that is not supported.
 */
export function unpackBlock(
  directory: TiffDirectory,
  packed: Uint8Array,
  stride: number,
  rows: number,
): Uint8Array {
  const block = unpacked(directory.compression, packed, stride * rows);
  if (directory.differences) addDifferences(block, stride, directory);
  return block;
}

function unpacked(compression: number, packed: Uint8Array, length: number): Uint8Array {
  switch (compression) {
    case NONE:
      return packed.slice(0, length);
    case LZW:
      return unpackLzw(packed, length);
    case PACKBITS:
      return unpackBits(packed, length);
    case DEFLATE:
    case OLD_DEFLATE:
      try {
        return inflateSync(packed, { maxOutputLength: length + 1 });
      } catch (cause) {
        throw new SyntaxError("the TIFF is damaged or cut short", { cause });
      }
  }
  throw new SyntaxError(`the TIFF is packed in a way that is not supported (${compression})`);
}

/** A byte n below 128 stands before n + 1 bytes as they are, one above before a byte that comes 257 - n times. */
function unpackBits(packed: Uint8Array, length: number): Uint8Array {
  const block = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < packed.length && to < length;) {
    const head = packed[at++]!;
    if (head < 128) {
      block.set(packed.subarray(at, at + Math.min(head + 1, length - to)), to);
      at += head + 1;
      to += head + 1;
    } else if (head > 128) {
      block.fill(packed[at++]!, to, to + 257 - head);
      to += 257 - head;
    }
  }
  return block.subarray(0, Math.min(to, length));
}

const CLEAR = 256, END = 257, LAST_CODE = 4095;

/**
 * Codes of 9 to 12 bits, the highest bit first. A code's text is the one before it and a byte more, which
 * lies in the block already, so that a code is a place there and a length.
 */
function unpackLzw(packed: Uint8Array, length: number): Uint8Array {
  const block = new Uint8Array(length);
  const starts = new Int32Array(LAST_CODE + 2), lengths = new Int32Array(LAST_CODE + 2);
  let [to, bits, held, at, width, next] = [0, 0, 0, 0, 9, END + 1];
  let before = CLEAR;
  while (to < length) {
    for (; bits < width && at < packed.length; bits += 8) held = held << 8 | packed[at++]!;
    if (bits < width) break;
    const code = held >>> (bits - width);
    bits -= width;
    held &= (1 << bits) - 1;
    if (code === END) break;
    if (code === CLEAR) {
      [width, next, before] = [9, END + 1, CLEAR];
      continue;
    }
    const [textAt, size] = code < CLEAR ? [-1, 1] : [starts[code]!, lengths[code]!];
    if (code >= next && (code > next || before === CLEAR)) {
      throw new SyntaxError("the TIFF is damaged");
    }
    // The text of this code and the one before lie side by side: they are the next code's.
    const start = to;
    if (before !== CLEAR && next <= LAST_CODE) {
      const last = before < CLEAR ? 1 : lengths[before]!;
      [starts[next], lengths[next]] = [start - last, last + 1];
    }
    if (code < CLEAR) block[to++] = code;
    else {
      const [from, count] = code === next && before !== CLEAR
        ? [starts[next]!, lengths[next]!]
        : [textAt, size];
      for (let i = 0; i < count && to < length; i++) block[to++] = block[from + i]!;
    }
    if (before !== CLEAR && next <= LAST_CODE) next++;
    before = code;
    // The width grows one code early.
    if (next + 1 >= 1 << width && width < 12) width++;
  }
  return block.subarray(0, to);
}

/** Makes differences to the sample on the left the samples themselves. */
function addDifferences(
  block: Uint8Array,
  stride: number,
  { depth, samples, planar, little }: TiffDirectory,
): void {
  const step = planar ? 1 : samples;
  if (depth === 8) {
    for (let row = 0; row < block.length; row += stride) {
      const end = Math.min(row + stride, block.length);
      for (let i = row + step; i < end; i++) block[i]! += block[i - step]!;
    }
    return;
  }
  if (depth !== 16) throw new SyntaxError("the TIFF has a predictor that is not supported");
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  for (let row = 0; row < block.length; row += stride) {
    const end = Math.min(row + stride, block.length) - 1;
    for (let i = row + 2 * step; i < end; i += 2) {
      const sum = view.getUint16(i, little) + view.getUint16(i - 2 * step, little);
      view.setUint16(i, sum, little);
    }
  }
}

/** Adobe's segment, which says whether three components are red, green and blue, or brightness and colour. */
const ADOBE = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0];

/**
 * Decodes a block that is a JPEG file without its tables.
 *
 * @returns RGB pixels, a row of `width` pixels after the other.
 * @throws {SyntaxError} If it is damaged, or not of this size.
 */
export function decodeJpegBlock(
  { meaning, jpegTables }: TiffDirectory,
  packed: Uint8Array,
  width: number,
  rows: number,
): Uint8Array {
  const file = concat([
    packed.subarray(0, 2),
    Uint8Array.of(...ADOBE, meaning === RGB ? 0 : 1),
    jpegTables?.subarray(2, -2) ?? new Uint8Array(),
    packed.subarray(2),
  ]);
  const header = readJpegHeader(file);
  const isWrong = header.width !== width || header.height < rows || header.components === 4;
  if (header.end === null || isWrong || header.height > 2 * rows + 16) {
    throw new SyntaxError("the TIFF is damaged or cut short");
  }
  return decodeColourJpeg(file, header.end).data;
}
