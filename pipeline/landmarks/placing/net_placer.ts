/** Placing points by face-api's network, which looks again at where its points were. */

import type { RgbImage } from "../../image/image.ts";
import { cutSquare, fromSquare, type Square } from "../crop.ts";
import type { Candidate } from "../detection/candidates.ts";
import { extentOf, squareAround, squareByEyes } from "../face_square.ts";
import { exchangeSides, mirrorRows } from "../mirror.ts";
import { CROP_SIZE, PointNet } from "./point_net.ts";

/** A place in a picture where points are wanted. */
export interface Placing {
  readonly image: RgbImage;
  readonly candidate: Candidate;
}

/** A square of a picture. */
export interface View {
  readonly image: RgbImage;
  readonly square: Square;
  /** Whether the network is shown its mirror image; points are the picture's in any case. */
  readonly mirrored?: boolean;
}

/** Points for a place. */
export interface Placed {
  /** f32 [136] in pixels of the picture. */
  readonly points: Float32Array;
  /** Whether they are those of an upright face for sure, or asked for in any case. */
  readonly sure: boolean;
}

/** Numbers in a face's points. */
const COORDINATES = 136;
const CROP_BYTES = 3 * CROP_SIZE * CROP_SIZE;

/** Crops that go through the network at once; each takes about a megabyte in its first layers. */
const BATCH = 16;

/**
 * Side of the crop as a multiple of the points' extent. With the true extent, NME on iBUG-68 is 0.048
 * to 0.049 from 1.2 to 1.4, and 0.051 at 1.5.
 */
export const CROP_SCALE = 1.3;

/**
 * The network's points lie this many pixels of its crop too far left and up. Half a pixel is the
 * convention of the resizing it was trained with; the rest was measured: regression over the crop's
 * scale gives 0.64 and 1.04 on iBUG-68 (hand-made points), 0.48 and 0.72 on dlib's (x and y).
 */
const CROP_OFFSET = 0.75;

/**
 * The network looks again, at the square around the points it gave, until the square moves or grows
 * by less than this share of its side. One look has NME 0.059 from the detectors' boxes, the second
 * 0.051, the fourth 0.049 (iBUG-68). Most faces settle in three looks. Averages over mirrored, moved
 * and scaled crops (2 to 14 more looks) gain 0.001 at most.
 */
const SETTLED = 0.03;
const MAX_LOOKS = 6;

/** From this look on the crop is turned as the eyes are; before, the eyes are too uncertain. */
const TURNED_FROM = 4;

/**
 * What tells points on a face from points on something else, where the network wanders off. Over the
 * faces of iBUG-68, the sample and 200 of CelebA, the square around the points grew by 0.63 to 1.27
 * against what the detector promised, and its centre moved by at most 0.23 of the points' extent (one
 * drawn face: 0.35, with wrong points); after four looks, 99 % moved by less than 0.05. Beside the
 * faces, half of all squares shrink below 0.13 and still move by more than 0.26.
 */
const PLAUSIBLE = { smallest: 0.5, largest: 1.6, farthest: 0.3, restless: 0.06 } as const;

/** Smallest extent of a face's points, in pixels of the picture: below, there is nothing to see. */
const MIN_EXTENT = 6;

/** A face while its points are being placed. */
interface Refinement extends Placing {
  readonly promised: Square;
  /** The square of the last look. */
  last: Square;
  /** The square that its points lead to. */
  next: Square;
  first: Float32Array;
  points: Float32Array;
}

/** Places points by the network alone. Needs tfjs's backend to be set, and is bound to it. */
export class NetPlacer {
  readonly #net = new PointNet();
  readonly #crops = new Uint8Array(BATCH * CROP_BYTES);

  /**
   * Points for each place, or null where there is no face. What comes out does not depend on the other
   * places.
   */
  place(placings: readonly Placing[]): (Placed | null)[] {
    const all = this.#start(placings);
    let moving = all;
    for (let look = 2; look <= MAX_LOOKS; look++) {
      moving = moving.filter(({ last, next }) => change(last, next) >= SETTLED);
      const squares = moving.map((face) =>
        look < TURNED_FROM ? face.next : squareByEyes(face.points, CROP_SCALE)
      );
      const points = this.look(moving.map(({ image }, i) => ({ image, square: squares[i]! })));
      for (const [i, face] of moving.entries()) {
        face.points = points[i]!;
        face.last = face.next;
        face.next = squareAround(extentOf(face.points), CROP_SCALE);
      }
    }
    return all.map(({ last, next, promised, points, first, candidate }) => {
      const isFace = change(last, next) < PLAUSIBLE.restless && isPlausible(next, promised);
      if (isFace) return { points, sure: false };
      return candidate.certain ? { points: first, sure: false } : null;
    });
  }

  /** One look at each square: points f32 [136] in pixels of the picture. */
  look(views: readonly View[]): Float32Array[] {
    const found: Float32Array[] = [];
    for (let first = 0; first < views.length; first += BATCH) {
      found.push(...this.#lookAtOnce(views.slice(first, first + BATCH)));
    }
    return found;
  }

  #start(placings: readonly Placing[]): Refinement[] {
    const squares = placings.map(({ candidate }) => squareAround(candidate.extent, CROP_SCALE));
    const found = this.look(placings.map(({ image }, i) => ({ image, square: squares[i]! })));
    return placings.map((placing, i) => ({
      ...placing,
      promised: squares[i]!,
      last: squares[i]!,
      next: squareAround(extentOf(found[i]!), CROP_SCALE),
      first: found[i]!,
      points: found[i]!,
    }));
  }

  #lookAtOnce(views: readonly View[]): Float32Array[] {
    for (const [i, { image, square, mirrored }] of views.entries()) {
      const crop = this.#crops.subarray(i * CROP_BYTES, (i + 1) * CROP_BYTES);
      cutSquare(image, square, CROP_SIZE, crop);
      if (mirrored) mirrorRows(crop, CROP_SIZE, 3);
    }
    const crops = this.#crops.subarray(0, views.length * CROP_BYTES);
    const shares = this.#net.predict(crops, views.length);
    const offset = CROP_OFFSET / CROP_SIZE;
    return views.map(({ square, mirrored }, i) => {
      const points = new Float32Array(COORDINATES);
      for (let k = 0, at = i * COORDINATES; k < COORDINATES; k += 2, at += 2) {
        const [x, y] = [shares[at]! + offset, shares[at + 1]! + offset];
        points.set(fromSquare(square, mirrored ? 1 - x : x, y), k);
      }
      return mirrored ? exchangeSides(points) : points;
    });
  }
}

/** How far a square moved or grew, as a share of its side. */
function change(last: Square, next: Square): number {
  const moved = Math.max(Math.abs(next.x - last.x), Math.abs(next.y - last.y));
  return Math.max(moved, Math.abs(next.side - last.side)) / last.side;
}

function isPlausible(square: Square, promised: Square): boolean {
  const growth = square.side / promised.side;
  const moved = Math.hypot(square.x - promised.x, square.y - promised.y);
  return square.side >= CROP_SCALE * MIN_EXTENT && growth >= PLAUSIBLE.smallest &&
    growth <= PLAUSIBLE.largest && moved <= PLAUSIBLE.farthest * promised.side / CROP_SCALE;
}
