/** Turning a picture upright. */

import type { RgbImage } from "./pixels.ts";

/**
 * Turns a picture as its EXIF orientation (1 to 8) asks. Orientations 5 to 8 swap width and height.
 *
 * Each orientation is a choice of three: swap x and y of the source, then run backwards over its
 * columns, over its rows. Source: Exif 2.3, tag 0x0112.
 */
export function turnImage(image: RgbImage, orientation: number): RgbImage {
  if (orientation === 1) return image;
  const swap = sideways(orientation);
  const backColumns = [2, 3, 7, 8].includes(orientation);
  const backRows = [3, 4, 6, 7].includes(orientation);
  const [width, height] = swap ? [image.height, image.width] : [image.width, image.height];
  const data = new Uint8Array(image.data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = swap ? [y, x] : [x, y];
      const sourceX = backColumns ? image.width - 1 - column : column;
      const sourceY = backRows ? image.height - 1 - row : row;
      const from = 3 * (sourceY * image.width + sourceX);
      data[to++] = image.data[from]!;
      data[to++] = image.data[from + 1]!;
      data[to++] = image.data[from + 2]!;
    }
  }
  return { ...image, width, height, data };
}

/** Whether an orientation swaps width and height. */
export function sideways(orientation: number): boolean {
  return orientation >= 5;
}
