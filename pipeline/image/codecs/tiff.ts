/**
 * TIFF files to RGB pixels: the first picture. ImageScript's decoder would be at hand, and traps on every file.
 */

import { sideways, turnImage } from "../orientation.ts";
import type { RgbImage } from "../pixels.ts";
import { decodeJpegBlock, isJpegTiff, unpackBlock } from "./tiff_blocks.ts";
import { readTiffDirectory, type TiffDirectory } from "./tiff_directory.ts";

/** Width and height once it is upright; errors as of {@linkcode decodeTiff}. */
export function tiffSize(bytes: Uint8Array): [width: number, height: number] {
  const { width, height, orientation } = readTiffDirectory(bytes);
  return sideways(orientation) ? [height, width] : [width, height];
}

/** What samples mean. */
const WHITE_IS_ZERO = 0, BLACK_IS_ZERO = 1, RGB = 2, PALETTE = 3, CMYK = 5, YCBCR = 6;
/** Colour samples by what they mean. */
const COLOURS: Readonly<Record<number, number>> = {
  [WHITE_IS_ZERO]: 1,
  [BLACK_IS_ZERO]: 1,
  [RGB]: 3,
  [PALETTE]: 1,
  [CMYK]: 4,
};
/** The most bytes that one packed byte can stand for: a code of LZW is a byte and a half. */
const MOST_UNPACKED = 4096;

/**
 * Decodes a TIFF file's first picture and turns it upright; what is transparent shows white.
 *
 * @throws {SyntaxError} If it is damaged, or of a kind that is not read.
 * @throws {RangeError} If it is too large.
 */
export function decodeTiff(bytes: Uint8Array): RgbImage {
  const directory = readTiffDirectory(bytes);
  const { width, height, orientation, blocks, depth, samples } = directory;
  const isJpeg = isJpegTiff(directory);
  checkKind(directory, isJpeg);
  const packed = blocks.data.reduce((sum, { length }) => sum + length, 0);
  const needed = width * height * samples * (isJpeg ? 1 : depth / 8);
  if (packed * MOST_UNPACKED < needed) {
    throw new SyntaxError(
      `the TIFF is damaged or cut short: ${packed} bytes cannot hold ${width}x${height} pixels`,
    );
  }
  const image = { width, height, data: new Uint8Array(3 * width * height) };
  if (isJpeg) placeJpegs(directory, image);
  else placeSamples(directory, image);
  return turnImage(image, orientation);
}

function checkKind({ meaning, depth, samples, planar, palette }: TiffDirectory, isJpeg: boolean) {
  const colours = COLOURS[meaning] ?? 0;
  const isKnown = isJpeg
    ? depth === 8 && !planar && (samples === 3 ? [RGB, YCBCR].includes(meaning) : samples === 1)
    : colours > 0 && samples >= colours && samples <= 8 && [1, 2, 4, 8, 16].includes(depth) &&
      (meaning !== PALETTE || depth <= 8 && palette.length >= 3 * 2 ** depth);
  if (!isKnown) {
    throw new SyntaxError(
      `the TIFF is of an unsupported kind (${samples} samples of ${depth} bits, meaning ${meaning})`,
    );
  }
}

/** A block and the part of the picture that it holds. */
interface Placed {
  readonly packed: Uint8Array;
  readonly x: number;
  readonly y: number;
  /** Columns and rows within the picture. */
  readonly columns: number;
  readonly rows: number;
}

/** The blocks of a plane, row by row. */
function* placedBlocks({ width, height, blocks }: TiffDirectory, plane: number): Generator<Placed> {
  const across = Math.ceil(width / blocks.width), down = Math.ceil(height / blocks.height);
  for (let i = 0; i < across * down; i++) {
    const packed = blocks.data[plane * across * down + i];
    if (!packed?.length) throw new SyntaxError("the TIFF is damaged or cut short");
    const [x, y] = [i % across * blocks.width, Math.floor(i / across) * blocks.height];
    const columns = Math.min(blocks.width, width - x), rows = Math.min(blocks.height, height - y);
    yield { packed, x, y, columns, rows };
  }
}

function placeJpegs(directory: TiffDirectory, { width, data }: RgbImage): void {
  const { blocks } = directory;
  for (const { packed, x, y, columns, rows } of placedBlocks(directory, 0)) {
    const stored = blocks.areWhole ? blocks.height : rows;
    const pixels = decodeJpegBlock(directory, packed, blocks.width, stored);
    for (let row = 0; row < rows; row++) {
      const from = 3 * row * blocks.width;
      data.set(pixels.subarray(from, from + 3 * columns), 3 * ((y + row) * width + x));
    }
  }
}

function placeSamples(directory: TiffDirectory, image: RgbImage): void {
  const { blocks, samples, planar, depth } = directory;
  const colourOf = colourer(directory);
  const pixel = new Uint8Array(samples);
  // Of planes, all samples are needed before the first colour is known.
  const planes = planar ? new Uint8Array(image.width * image.height * samples) : null;
  const here = planar ? 1 : samples;
  const stride = Math.ceil(blocks.width * here * depth / 8);
  for (let plane = 0; plane < (planar ? samples : 1); plane++) {
    for (const { packed, x, y, columns, rows } of placedBlocks(directory, plane)) {
      const stored = blocks.areWhole ? blocks.height : rows;
      const block = unpackBlock(directory, packed, stride, stored);
      if (block.length < stride * rows) throw new SyntaxError("the TIFF is damaged or cut short");
      const sample = sampler(directory, block);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const at = (y + row) * image.width + x + column;
          for (let s = 0; s < here; s++) pixel[s] = sample(row * stride, column * here + s);
          if (planes) planes[at * samples + plane] = pixel[0]!;
          else colourOf(pixel, 0, image.data, 3 * at);
        }
      }
    }
  }
  if (!planes) return;
  for (let at = 0; at < image.width * image.height; at++) {
    colourOf(planes, at * samples, image.data, 3 * at);
  }
}

/** Gives a sample of a row that begins at a byte; of 16 bits, the upper 8. */
function sampler(
  { depth, little }: TiffDirectory,
  block: Uint8Array,
): (row: number, index: number) => number {
  if (depth === 8) return (row, index) => block[row + index]!;
  if (depth === 16) return (row, index) => block[row + 2 * index + (little ? 1 : 0)]!;
  const most = 2 ** depth - 1;
  return (row, index) => {
    const bit = index * depth;
    return block[row + (bit >> 3)]! >> (8 - depth - (bit & 7)) & most;
  };
}

/** Writes the colour of a pixel's samples. */
type Colourer = (samples: Uint8Array, at: number, data: Uint8Array, to: number) => void;

function colourer({ meaning, depth, samples, alpha, palette }: TiffDirectory): Colourer {
  if (meaning === PALETTE) {
    const third = 2 ** depth;
    return (from, at, data, to) => {
      for (let c = 0; c < 3; c++) data[to + c] = palette[c * third + from[at]!]! >> 8;
    };
  }
  const colours = COLOURS[meaning]!;
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const hasAlpha = (alpha === 1 || alpha === 2) && samples > colours && depth >= 8;
  return (from, at, data, to) => {
    const share = hasAlpha ? from[at + colours]! / 255 : 1;
    for (let c = 0; c < 3; c++) {
      let value = from[at + (colours === 1 ? 0 : c)]! * scale;
      if (meaning === WHITE_IS_ZERO) value = 255 - value;
      if (meaning === CMYK) value = (255 - value) * (255 - from[at + 3]! * scale) / 255;
      data[to + c] = (alpha === 1 ? value : value * share) + 255 * (1 - share) + 0.5;
    }
  };
}
