/**
 * Filters on single channels of a picture, as numbers: f32 [height, width].
 *
 * The SVG rasteriser has none.
 */

import type { Point } from "./pose.ts";
import type { Raster } from "./svg.ts";

/** Weights of a Gaussian from its middle to three deviations. */
function gaussian(deviation: number): number[] {
  const radius = Math.ceil(3 * deviation);
  const weights = Array.from(
    { length: radius + 1 },
    (_, i) => Math.exp(-((i / deviation) ** 2) / 2),
  );
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

/** Blurs one direction of a picture in place of `to`; the edge pixels repeat beyond the edge. */
function blurLines(
  from: Float32Array,
  to: Float32Array,
  weights: readonly number[],
  [lines, length]: readonly [number, number],
  [lineStep, step]: readonly [number, number],
): void {
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    for (let i = 0; i < length; i++) {
      let sum = (from[start + i * step] as number) * (weights[0] as number);
      for (let reach = 1; reach < weights.length; reach++) {
        const before = from[start + Math.max(0, i - reach) * step] as number;
        const after = from[start + Math.min(length - 1, i + reach) * step] as number;
        sum += (before + after) * (weights[reach] as number);
      }
      to[start + i * step] = sum;
    }
  }
}

/** Gaussian blur of one channel, f32 [height, width], `deviation` in pixels. */
export function blur(plane: Float32Array, width: number, deviation: number): Float32Array {
  const height = plane.length / width;
  const weights = gaussian(deviation);
  const rows = new Float32Array(plane.length);
  blurLines(plane, rows, weights, [height, width], [width, 1]);
  const both = new Float32Array(plane.length);
  blurLines(rows, both, weights, [width, height], [1, width]);
  return both;
}

/** One channel of a picture as numbers. */
export function planeOf({ pixels }: Raster, channel: number): Float32Array {
  const plane = new Float32Array(pixels.length / 4);
  for (let i = 0; i < plane.length; i++) plane[i] = pixels[4 * i + channel] as number;
  return plane;
}

/** Doubles a picture's size, mixing the four nearest pixels. */
export function enlarge(plane: Float32Array, width: number): Float32Array {
  const height = plane.length / width;
  const large = new Float32Array(plane.length * 4);
  for (let y = 0; y < 2 * height; y++) {
    const near = Math.floor(y / 2);
    const far = Math.min(height - 1, Math.max(0, near + (y % 2 === 0 ? -1 : 1)));
    for (let x = 0; x < 2 * width; x++) {
      const nearX = Math.floor(x / 2);
      const farX = Math.min(width - 1, Math.max(0, nearX + (x % 2 === 0 ? -1 : 1)));
      const at = (row: number, column: number) => plane[row * width + column] as number;
      large[y * 2 * width + x] = (9 * at(near, nearX) + 3 * at(near, farX) + 3 * at(far, nearX) +
        at(far, farX)) / 16;
    }
  }
  return large;
}

/** Smears one channel along the way that the camera moved. */
export function smear(plane: Float32Array, width: number, [x, y]: Point): Float32Array {
  if (x === 0 && y === 0) return plane;
  const height = plane.length / width;
  const steps = 2 * Math.ceil(Math.hypot(x, y));
  const smeared = new Float32Array(plane.length);
  for (let step = 0; step <= steps; step++) {
    const share = step / steps - 0.5;
    const [moveX, moveY] = [Math.round(x * share), Math.round(y * share)];
    for (let row = 0; row < height; row++) {
      const from = Math.min(height - 1, Math.max(0, row + moveY)) * width;
      for (let column = 0; column < width; column++) {
        const at = from + Math.min(width - 1, Math.max(0, column + moveX));
        const to = row * width + column;
        smeared[to] = (smeared[to] as number) + (plane[at] as number) / (steps + 1);
      }
    }
  }
  return smeared;
}
