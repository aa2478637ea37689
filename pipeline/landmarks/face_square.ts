/** Where on a picture a face's points lie, as squares that networks and predictors are given. */

import type { Box } from "../face/record.ts";
import type { Square } from "./crop.ts";

/** Centre and larger side of the points' extent, in pixels of the picture. */
export type Extent = readonly [x: number, y: number, size: number];

/** The smallest box around points x0, y0, x1, y1, … */
export function boxAround(points: Float32Array): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Centre and larger side of {@linkcode boxAround} points. */
export function extentOf(points: Float32Array): Extent {
  const { x, y, width, height } = boxAround(points);
  return [x + width / 2, y + height / 2, Math.max(width, height)];
}

/** The level square around an extent whose side is `scale` times as long. */
export function squareAround([x, y, size]: Extent, scale: number): Square {
  return { x, y, side: scale * size, angle: 0 };
}

/**
 * The square around points in the frame of the eyes: turned as the line through them is. Its centre
 * lies `down` extents below that of the points' extent in that frame, `right` to its right.
 */
export function squareByEyes(points: Float32Array, scale: number, right = 0, down = 0): Square {
  const angle = rollOf(points);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const level = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    level[i] = points[i]! * cos + points[i + 1]! * sin;
    level[i + 1] = points[i + 1]! * cos - points[i]! * sin;
  }
  const [u, v, size] = extentOf(level);
  const [x, y] = [u + right * size, v + down * size];
  return { x: x * cos - y * sin, y: x * sin + y * cos, side: scale * size, angle };
}

/** First and last point of each eye in iBUG's order. */
const EYES = [[36, 41], [42, 47]] as const;

/** Middles of the left and the right eye as seen: means of their points, in pixels of the picture. */
export function eyeCentres(
  points: Float32Array,
): [left: readonly [x: number, y: number], right: readonly [x: number, y: number]] {
  const [left, right] = EYES.map(([first, last]) => {
    let [x, y] = [0, 0];
    for (let point = first as number; point <= last; point++) {
      x += points[2 * point]!;
      y += points[2 * point + 1]!;
    }
    return [x / (last - first + 1), y / (last - first + 1)] as const;
  });
  return [left!, right!];
}

/** Angle of the line through the eyes, clockwise as seen, in radians. */
function rollOf(points: Float32Array): number {
  const [left, right] = eyeCentres(points);
  return Math.atan2(right[1] - left[1], right[0] - left[0]);
}

/**
 * How far two squares are apart: the largest of the way between their centres over half a side, the
 * logarithm of the ratio of their sides, and the angle between them.
 */
export function squareDistance(a: Square, b: Square): number {
  const way = Math.hypot(a.x - b.x, a.y - b.y) / (b.side / 2);
  const turn = Math.abs(Math.atan2(Math.sin(a.angle - b.angle), Math.cos(a.angle - b.angle)));
  return Math.max(way, Math.abs(Math.log(a.side / b.side)), turn);
}

/** Outer corners of the eyes. */
const [LEFT_CORNER, RIGHT_CORNER] = [36, 45];

/** Mean distance between two faces' points over the distance of the first one's outer eye corners. */
export function pointDistance(a: Float32Array, b: Float32Array): number {
  const eyes = Math.hypot(
    a[2 * LEFT_CORNER]! - a[2 * RIGHT_CORNER]!,
    a[2 * LEFT_CORNER + 1]! - a[2 * RIGHT_CORNER + 1]!,
  );
  let sum = 0;
  for (let i = 0; i < a.length; i += 2) sum += Math.hypot(a[i]! - b[i]!, a[i + 1]! - b[i + 1]!);
  return sum / (a.length / 2) / eyes;
}

/** Of some answers the one nearest to what was seen, and how far it is, as {@linkcode pointDistance}. */
export function nearestPoints(
  answers: readonly Float32Array[],
  seen: Float32Array,
): { points: Float32Array; distance: number } {
  const measured = answers.map((points) => ({ points, distance: pointDistance(seen, points) }));
  return measured.reduce((best, other) => other.distance < best.distance ? other : best);
}
