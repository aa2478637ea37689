/**
 * A face of a few ellipses, for tests that need one and must not depend on files.
 *
 * @module
 */

import type { RgbImage } from "../pipeline/image.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** Ellipses from back to front: centre and radii in shares of the side, and a colour. */
const PARTS: readonly [x: number, y: number, rx: number, ry: number, colour: Colour][] = [
  [0.5, 1.02, 0.42, 0.2, [60, 70, 120]],
  [0.5, 0.4, 0.29, 0.33, [70, 45, 30]],
  [0.5, 0.52, 0.24, 0.32, [222, 178, 150]],
  [0.5, 0.58, 0.035, 0.07, [205, 155, 128]],
  [0.475, 0.645, 0.014, 0.01, [120, 75, 60]],
  [0.525, 0.645, 0.014, 0.01, [120, 75, 60]],
  [0.4, 0.42, 0.065, 0.014, [75, 48, 32]],
  [0.6, 0.42, 0.065, 0.014, [75, 48, 32]],
  [0.405, 0.48, 0.05, 0.022, [245, 245, 240]],
  [0.595, 0.48, 0.05, 0.022, [245, 245, 240]],
  [0.405, 0.48, 0.02, 0.022, [40, 30, 25]],
  [0.595, 0.48, 0.02, 0.022, [40, 30, 25]],
  [0.5, 0.725, 0.09, 0.028, [170, 70, 75]],
  [0.5, 0.725, 0.075, 0.006, [110, 35, 40]],
];

/** A square picture of the face, made of whole pixels without smoothing, the same each time. */
export function drawFace(side: number): RgbImage {
  const data = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let colour: Colour = [150, 165, 175];
      for (const [centreX, centreY, radiusX, radiusY, own] of PARTS) {
        const right = ((x + 0.5) / side - centreX) / radiusX;
        const down = ((y + 0.5) / side - centreY) / radiusY;
        if (right * right + down * down <= 1) colour = own;
      }
      data.set(colour, 3 * (y * side + x));
    }
  }
  return { width: side, height: side, data };
}

/** Where a face is drawn: the corner and the side of its picture. */
export type Place = readonly [side: number, x: number, y: number];

/** Faces in a gray picture, each of which covers those before it. */
export function drawFaces(width: number, height: number, places: readonly Place[]): RgbImage {
  const data = new Uint8Array(3 * width * height).fill(128);
  for (const [side, x, y] of places) {
    const face = drawFace(side);
    for (let row = 0; row < side; row++) {
      const from = 3 * side * row;
      data.set(face.data.subarray(from, from + 3 * side), 3 * (width * (y + row) + x));
    }
  }
  return { width, height, data };
}
