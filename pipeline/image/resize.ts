/** Resizing a picture. */

import { sampleGrid } from "../../kernels/sample_grid.ts";
import { halve } from "../../kernels/wasm/halve.ts";
import type { RgbImage } from "./pixels.ts";

/** Which source pixels an output pixel is made of, along one axis. */
interface Taps {
  /** First source index of each output pixel. */
  readonly start: Int32Array;
  /** Weights of the source pixels from `start` on, `count` for each output pixel; they sum to 1. */
  readonly weights: Float32Array;
  readonly count: number;
}

/**
 * Resizes a picture, each axis by itself: bilinear where it grows (pixel centres at half
 * coordinates, edges repeated), the average of the covered area where it shrinks. Returns the same
 * picture if the size is the same.
 *
 * @throws {RangeError} If the new size is not made of positive whole numbers.
 */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`Cannot resize a picture to ${width}x${height}`);
  }
  if (width === image.width && height === image.height) return image;
  // Every weight is a half then, and no sum of quarters is rounded: the values are the same.
  const isHalf = image.width === 2 * width && image.height === 2 * height;
  const data = isHalf ? halve(image.data, width, height) : resizeAxes(image, width, height);
  return { width, height, data };
}

/** The pixels that nearest-neighbour resizing picks, as the rasteriser does it: u8 [height, width, 3]. */
export function pickPixels(
  image: RgbImage,
  { height, width }: { readonly height: number; readonly width: number },
): Uint8Array {
  const [rows, columns] = [sampleGrid(image.height, height).at, sampleGrid(image.width, width).at];
  const data = new Uint8Array(3 * height * width);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      const from = 3 * (y * image.width + x);
      for (let i = 0; i < 3; i++) data[to++] = image.data[from + i]!;
    }
  }
  return data;
}

/** u8 [H, W, 3] to u8 [height, width, 3]: along the rows first, then along the columns. */
function resizeAxes(image: RgbImage, width: number, height: number): Uint8Array {
  const across = makeTaps(image.width, width);
  const { start, weights, count } = makeTaps(image.height, height);
  const stride = 3 * width;
  const data = new Uint8Array(stride * height);
  // The last source rows, each at its number modulo their count: no output row needs more.
  const rows = Array.from({ length: count }, () => new Float32Array(stride));
  const sum = new Float32Array(stride);
  let next = 0;
  for (let y = 0; y < height; y++) {
    sum.fill(0.5); // so that cutting off the fraction rounds
    for (let k = 0; k < count; k++) {
      const weight = weights[y * count + k]!;
      if (weight === 0) continue;
      const from = start[y]! + k;
      for (; next <= from; next++) resizeRow(image, next, across, rows[next % count]!);
      addRow(sum, rows[from % count]!, weight);
    }
    for (let i = 0, to = y * stride; i < stride; i++) data[to + i] = sum[i]!;
  }
  return data;
}

function addRow(sum: Float32Array, row: Float32Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += weight * row[i]!;
}

/** Row y of u8 [H, W, 3] to f32 [width, 3]. */
function resizeRow(
  { data, width }: RgbImage,
  y: number,
  { start, weights, count }: Taps,
  row: Float32Array,
): void {
  for (let to = 0, x = 0; to < row.length; x++) {
    let from = 3 * (y * width + start[x]!);
    let red = 0, green = 0, blue = 0;
    for (let k = x * count; k < (x + 1) * count; k++, from += 3) {
      const weight = weights[k]!;
      red += weight * data[from]!;
      green += weight * data[from + 1]!;
      blue += weight * data[from + 2]!;
    }
    row[to++] = red;
    row[to++] = green;
    row[to++] = blue;
  }
}

function makeTaps(source: number, target: number): Taps {
  const scale = source / target;
  return scale > 1 ? areaTaps(source, target, scale) : bilinearTaps(source, target, scale);
}

function bilinearTaps(source: number, target: number, scale: number): Taps {
  const count = Math.min(2, source);
  const start = new Int32Array(target);
  const weights = new Float32Array(count * target);
  for (let i = 0; i < target; i++) {
    const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), source - 1);
    const first = Math.min(Math.floor(centre), source - count);
    start[i] = first;
    weights[i * count] = 1 - (centre - first);
    if (count === 2) weights[i * count + 1] = centre - first;
  }
  return { start, weights, count };
}

function areaTaps(source: number, target: number, scale: number): Taps {
  const count = Math.min(Math.ceil(scale) + 1, source);
  const start = new Int32Array(target);
  const weights = new Float32Array(count * target);
  for (let i = 0; i < target; i++) {
    const from = i * scale;
    const to = from + scale;
    const first = Math.min(Math.floor(from), source - count);
    start[i] = first;
    for (let k = 0; k < count; k++) {
      const covered = Math.min(first + k + 1, to) - Math.max(first + k, from);
      weights[i * count + k] = Math.max(covered, 0) / scale;
    }
  }
  return { start, weights, count };
}
