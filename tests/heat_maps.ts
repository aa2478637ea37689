/** Maps for tests of pictures, and what a picture has at a place. */

import type { HeatMap } from "../pipeline/heat_map.ts";
import type { RgbImage } from "../pipeline/image.ts";

/** A map of one value but for a block of cells with another. */
export function blockMap(
  [width, height]: readonly [number, number],
  [left, top, right, bottom]: readonly [number, number, number, number],
  [outside, inside]: readonly [number, number] = [0, 1],
): HeatMap {
  const data = Float32Array.from({ length: width * height }, (_, cell) => {
    const [x, y] = [cell % width, Math.floor(cell / width)];
    return x >= left && x < right && y >= top && y < bottom ? inside : outside;
  });
  return { width, height, data };
}

/** A map of 31x41 cells of one value. */
export function flat(value: number): HeatMap {
  return blockMap([31, 41], [0, 0, 0, 0], [value, 0]);
}

/** The colour of a picture's pixel. */
export function pixel({ width, data }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}
