/**
 * The kind of JPEG that nearly all files are, by a decoder of our own (`kernels/wasm/jpeg.ts`), to the pixels
 * of libjpeg-turbo. It knows no damage: whatever is not quite as it should be is left to mozjpeg, which says
 * what is wrong.
 *
 * Source: ITU-T T.81, annex B (markers).
 */

import { decodeScan, type JpegComponent } from "../../../../kernels/wasm/jpeg.ts";
import type { RgbImage } from "../../pixels.ts";

const [BASELINE, HUFFMAN, SCAN, FACTORS, COMMENT] = [0xc0, 0xc4, 0xda, 0xdb, 0xfe];
/** Segments of applications, up to that of Adobe (EE), which may say that colours are not YCbCr. */
const [FIRST_APPLICATION, LAST_APPLICATION] = [0xe0, 0xed];
/** Of fewer than three samples of chroma in a row, libjpeg makes pixels in another way. */
const LEAST_SIDE = 16;
/** Larger ones are rare, and all parts of a picture are in memory at once. */
const MOST_PIXELS = 4e6;
const MOST_BYTES = 16e6;

/** The tables that a file has, by the numbers it gives them. */
interface Tables {
  readonly factors: Uint8Array[];
  /** Of means from 0 on, of other coefficients from 16 on. */
  readonly codes: Uint8Array[];
}

/**
 * Decodes a sequential JPEG of three components in one scan, as it lies; null if it is of another kind, or not
 * quite as it should be.
 *
 * @param end where the file's end-of-image marker is
 */
export function decodeBaselineJpeg(bytes: Uint8Array, end: number): RgbImage | null {
  const tables: Tables = { factors: [], codes: [] };
  let frame: Uint8Array | null = null;
  for (let at = 2; at + 4 <= end && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    const after = at + 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
    const content = bytes.subarray(at + 4, after);
    if (marker === SCAN) {
      const data = bytes.subarray(after, end);
      return frame && data.length <= MOST_BYTES ? decodeFrame(frame, content, tables, data) : null;
    }
    if (marker === BASELINE && frame === null) frame = content;
    else if (!readSegment(marker, content, tables)) return null;
    at = after;
  }
  return null;
}

/** Whether a segment is one of those that are known here. */
function readSegment(marker: number, content: Uint8Array, { factors, codes }: Tables): boolean {
  if (marker === FACTORS) return readFactors(content, factors);
  if (marker === HUFFMAN) return readCodes(content, codes);
  return marker === COMMENT || (marker >= FIRST_APPLICATION && marker <= LAST_APPLICATION);
}

/** Tables of a number and u8 [64]; those of u16 have numbers from 16 on. */
function readFactors(content: Uint8Array, factors: Uint8Array[]): boolean {
  for (let i = 0; i < content.length; i += 65) {
    if (content[i]! > 3 || i + 65 > content.length) return false;
    factors[content[i]!] = content.subarray(i + 1, i + 65);
  }
  return true;
}

/** Tables of a number, u8 [16] counts of codes by their length, and as many symbols, u8. */
function readCodes(content: Uint8Array, codes: Uint8Array[]): boolean {
  for (let i = 0; i < content.length;) {
    const symbols = content.subarray(i + 1, i + 17).reduce((sum, count) => sum + count, 0);
    const next = i + 17 + symbols;
    if ((content[i]! & 0xee) !== 0 || symbols > 256 || next > content.length) return false;
    codes[content[i]!] = content.subarray(i + 1, next);
    i = next;
  }
  return true;
}

/**
 * @param frame precision, height and width, number of components; of each its name, sampling and factors
 * @param scan number of components; of each its name and codes; then what only progressive files vary
 */
function decodeFrame(
  frame: Uint8Array,
  scan: Uint8Array,
  tables: Tables,
  data: Uint8Array,
): RgbImage | null {
  if (frame.length !== 15 || frame[0] !== 8 || frame[5] !== 3) return null;
  if (scan.length !== 10 || scan[0] !== 3) return null;
  if (scan[7] !== 0 || scan[8] !== 63 || scan[9] !== 0) return null;
  const height = frame[1]! << 8 | frame[2]!, width = frame[3]! << 8 | frame[4]!;
  if (Math.min(width, height) < LEAST_SIDE || width * height > MOST_PIXELS) return null;
  const sampling = [frame[7]! >> 4, frame[7]! & 15] as const;
  if (!isKnown(sampling) || frame[10] !== 0x11 || frame[13] !== 0x11) return null;
  const components: JpegComponent[] = [];
  for (let c = 0; c < 3; c++) {
    // The names 1, 2 and 3 mean YCbCr.
    if (frame[6 + 3 * c] !== c + 1 || scan[1 + 2 * c] !== c + 1) return null;
    const numbers = scan[2 + 2 * c]!;
    const [means, others] = [tables.codes[numbers >> 4], tables.codes[16 + (numbers & 15)]];
    const factors = tables.factors[frame[8 + 3 * c]!];
    if (numbers >> 4 > 1 || !means || !others || !factors) return null;
    components.push({ codes: [means, others], factors });
  }
  const pixels = decodeScan({ width, height, sampling, components, data });
  return pixels && { width, height, data: pixels };
}

/** 4:4:4, 4:2:2 and 4:2:0. */
function isKnown([h, v]: readonly [number, number]): boolean {
  return (h === 1 || h === 2) && (v === 1 || v === h);
}
