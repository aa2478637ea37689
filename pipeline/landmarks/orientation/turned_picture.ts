/** Pictures turned by quarters, and where boxes and points come to lie in them. */

import { turnImage } from "../../image/orientation.ts";
import type { RgbImage } from "../../image/image.ts";
import type { Box, Turn } from "../../face/record.ts";

/** Orientations of EXIF that ask for a turn clockwise. */
const ORIENTATION = { 0: 1, 90: 6, 180: 3, 270: 8 } as const;

type Size = Pick<RgbImage, "width" | "height">;

/** The picture turned clockwise. */
export function turnPicture(image: RgbImage, turn: Turn): RgbImage {
  return turnImage(image, ORIENTATION[turn]);
}

/** What takes a turn back. */
export function turnBack(turn: Turn): Turn {
  return (360 - turn) % 360 as Turn;
}

/** Where a box lies once its picture, which had this size before, is turned. */
export function turnBox(box: Box, size: Size, turn: Turn): Box {
  if (turn === 0) return box;
  const { x, y, width, height } = box;
  const [ax, ay] = turnPoint(x, y, size, turn);
  const [bx, by] = turnPoint(x + width, y + height, size, turn);
  const [left, top] = [Math.min(ax, bx), Math.min(ay, by)];
  return { x: left, y: top, width: Math.max(ax, bx) - left, height: Math.max(ay, by) - top };
}

/** Where points x0, y0, x1, y1, … lie once their picture, which had this size before, is turned. */
export function turnPoints(points: Float32Array, size: Size, turn: Turn): Float32Array {
  const turned = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    turned.set(turnPoint(points[i]!, points[i + 1]!, size, turn), i);
  }
  return turned;
}

function turnPoint(x: number, y: number, { width, height }: Size, turn: Turn): [number, number] {
  switch (turn) {
    case 0:
      return [x, y];
    case 90:
      return [height - y, x];
    case 180:
      return [width - x, height - y];
    case 270:
      return [y, width - x];
  }
}
