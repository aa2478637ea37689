/**
 * From the face's own coordinates to the picture's.
 *
 * A face is planned looking straight ahead: x to the right and y down in pixels of CelebA's aligned
 * frame, from the point between the eyes. A pose turns, scales and places such points; everything
 * drawn and every landmark goes through the same pose, so that landmarks are true by construction.
 */

import type { Random } from "../numbers/random.ts";

/** A point: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** Width and height of CelebA's aligned images, pixels. */
export const FRAME = { width: 178, height: 218 } as const;

/** Where CelebA's alignment puts the middle between the eyes, pixels. */
const BETWEEN_EYES: Point = [89, 111];

/** How a face is held and where. Angles in radians; shifts in pixels. */
export interface Pose {
  /** Turn in the picture's plane. */
  readonly roll: number;
  /** Turn to the side. */
  readonly yaw: number;
  /** Nod. */
  readonly pitch: number;
  readonly scale: number;
  readonly shift: Point;
  /** How much lower the image-right eye and the image-right corner of the mouth are, per pixel of x. */
  readonly skew: { readonly eyes: number; readonly mouth: number };
}

/** Distance of the skin from the plane of the eyes, pixels towards the camera; roughly a head. */
function depthAt(x: number, y: number): number {
  const skull = 34 * Math.sqrt(Math.max(0, 1 - (x / 56) ** 2)) - 31;
  const bridge = Math.min(1, Math.max(0, (y + 4) / 30));
  const below = Math.min(1, Math.max(0, (40 - y) / 12));
  return skull + 11 * Math.exp(-((x / 9) ** 2)) * bridge * below;
}

/** A bump of height one around `middle`. */
function near(value: number, middle: number, width: number): number {
  return Math.exp(-(((value - middle) / width) ** 2));
}

/** Where a point of the face lies in the picture, in pixels. */
export function placePoint(pose: Pose, [x, y]: Point): Point {
  const skew = pose.skew.eyes * near(y, -4, 16) + pose.skew.mouth * near(y, 47, 14);
  const depth = depthAt(x, y);
  const turnedX = x * Math.cos(pose.yaw) + depth * Math.sin(pose.yaw);
  const turnedY = (y + skew * x) * Math.cos(pose.pitch) + depth * Math.sin(pose.pitch);
  const cos = Math.cos(pose.roll) * pose.scale;
  const sin = Math.sin(pose.roll) * pose.scale;
  return [
    BETWEEN_EYES[0] + pose.shift[0] + turnedX * cos - turnedY * sin,
    BETWEEN_EYES[1] + pose.shift[1] + turnedX * sin + turnedY * cos,
  ];
}

/** Draws a pose like those that CelebA's alignment leaves: small turns, small shifts. */
export function drawPose(random: Random, crooked: boolean): Pose {
  const around = (spread: number) => Math.max(-2, Math.min(2, random.normal())) * spread;
  const side = random.next() < 0.5 ? -1 : 1;
  return {
    roll: around(0.035),
    yaw: around(0.13),
    pitch: around(0.05),
    scale: 0.93 + around(0.03),
    shift: [around(2), around(2)],
    skew: crooked ? { eyes: side * 0.06, mouth: -side * 0.1 } : { eyes: 0, mouth: 0 },
  };
}
