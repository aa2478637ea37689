/** The part of a picture that dlib's predictor may look at, in gray. */

import type { RgbImage } from "../../image/image.ts";

/** Gray pixels of a part of a picture. */
export interface GrayWindow {
  /** First column of the picture. */
  readonly left: number;
  /** First row of the picture. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** u8 [height, width] */
  readonly data: Uint8Array;
}

/**
 * How far the window reaches beyond the boxes, as a share of their sides. The predictor's points and
 * the pixels around them stay within half a side of the box.
 */
const MARGIN = 1;

/**
 * Cuts out the surroundings of boxes (corner and edges, in pixels), as far as the picture goes. Gray is
 * the mean of red, green and blue, cut off: dlib's rule (19.24, pixel.h).
 */
export function grayWindow(image: RgbImage, boxes: readonly (readonly number[])[]): GrayWindow {
  const [xs, ys] = [0, 1].map((axis) => boxes.flatMap((box) => reach(box, axis))) as [
    number[],
    number[],
  ];
  const [left, right] = clip(xs, image.width);
  const [top, bottom] = clip(ys, image.height);
  const [width, height] = [right - left, bottom - top];
  const data = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    let from = 3 * ((top + y) * image.width + left);
    for (const end = to + width; to < end; to++, from += 3) {
      data[to] = (image.data[from]! + image.data[from + 1]! + image.data[from + 2]!) / 3;
    }
  }
  return { left, top, width, height, data };
}

/** Along x or y: the corners of a box, moved outwards. */
function reach(box: readonly number[], axis: number): number[] {
  const [corner, right, down] = [box[axis]!, box[2 + axis]!, box[4 + axis]!];
  return [-MARGIN, 1 + MARGIN].flatMap((u) =>
    [-MARGIN, 1 + MARGIN].map((v) => corner + u * right + v * down)
  );
}

/** The smallest range of pixels around `values` that lies within 0 to `size`. */
function clip(values: readonly number[], size: number): [first: number, end: number] {
  const first = Math.min(Math.max(Math.floor(Math.min(...values)), 0), size);
  const end = Math.min(Math.max(Math.ceil(Math.max(...values)) + 1, first), size);
  return [first, end];
}
