/** Places where a face may be, and which of several matters most. */

import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import type { Extent } from "../face_square.ts";

/** A place for a face, best guess first, and the square around its points that it leads to. */
export interface Candidate {
  /** The face's box in pixels of the picture. */
  readonly box: Box;
  /** Centre (x, y) and size of the points' likely extent, in pixels of the picture. */
  readonly extent: Extent;
  /** Whether the face is known to be there, so that points are to be had in any case. */
  readonly certain: boolean;
  /** Whether the box is not a detector's of this program, but may be one of dlib's. */
  readonly known: boolean;
}

/** A place with what a detector thinks of it. */
export interface Scored extends Candidate {
  readonly score: number;
  /** Whether it is taken for a face without asking further. */
  readonly sure: boolean;
}

/** Whether a box's centre lies in the other box. */
export function holds(outer: Box, inner: Box): boolean {
  const x = inner.x + inner.width / 2 - outer.x;
  const y = inner.y + inner.height / 2 - outer.y;
  return x >= 0 && y >= 0 && x <= outer.width && y <= outer.height;
}

/** The one that matters most, if there are any. */
export function choose(faces: readonly Scored[], image: RgbImage, hint: Box | null): Scored | null {
  return inOrder(faces, image, hint)[0] ?? null;
}

/** All of them, the one that matters most first. */
export function inOrder(faces: readonly Scored[], image: RgbImage, hint: Box | null): Scored[] {
  const worth = (face: Scored) =>
    hint === null ? prominence(face, image) : -distance(face.box, hint);
  return faces.map((face) => ({ face, worth: worth(face) }))
    .sort((a, b) => b.worth - a.worth)
    .map(({ face }) => face);
}

/** Size times score, fading from the picture's centre (1) to its corners (0). */
function prominence({ box, score }: Scored, { width, height }: RgbImage): number {
  const whole = { x: 0, y: 0, width, height };
  const fading = 1 - distance(box, whole) / (Math.hypot(width, height) / 2);
  return Math.max(box.width, box.height) * score * fading;
}

/** Between the boxes' centres. */
function distance(a: Box, b: Box): number {
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
}

/**
 * The face's points in CelebA's aligned frame: centre and larger side of their extent, as shares of
 * the frame's width and height, and of its height. Medians of this program's points on 300 such images.
 */
const ALIGNED_EXTENT = { x: 0.5, y: 0.645, size: 0.42 } as const;

/** The place of the face in one of CelebA's aligned images. */
export function alignedCandidate({ width, height }: RgbImage): Candidate {
  const x = ALIGNED_EXTENT.x * width;
  const y = ALIGNED_EXTENT.y * height;
  const size = ALIGNED_EXTENT.size * height;
  return {
    box: { x: x - size / 2, y: y - size / 2, width: size, height: size },
    extent: [x, y, size],
    certain: true,
    known: false,
  };
}
