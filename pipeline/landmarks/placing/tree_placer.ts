/**
 * Placing points by dlib's predictor, kept in check by itself and by face-api's network.
 *
 * The predictor places points of a level, well-framed face twice as exactly as the network, and fails
 * without notice on others. Where it gives the same points from several boxes, they are right; else the
 * network's look tells which of its answers is. All figures: 100 photographs of iBUG-68, thresholds
 * chosen on every other one and the same on the rest.
 */

import type { Box } from "../../face/record.ts";
import type { Square } from "../crop.ts";
import type { Candidate } from "../detection/candidates.ts";
import {
  type Extent,
  extentOf,
  nearestPoints,
  pointDistance,
  squareAround,
  squareByEyes,
  squareDistance,
} from "../face_square.ts";
import type { NetPlacer, Placed, Placing } from "./net_placer.ts";
import {
  askOnce,
  askPredictor,
  type BoxEdges,
  edgesOf,
  edgesOfBox,
  type PredictPoints,
} from "./predictor_questions.ts";

export type { PredictPoints } from "./predictor_questions.ts";

/**
 * The predictor's box around the points' extent: dlib's own detector gives boxes 0.93 to 1.14 times
 * the extent (9 of 10) whose centre lies 0.08 higher. The best levelled box is a little larger.
 */
const BOX = { scale: 1.05, down: -0.1 } as const;

/**
 * Points from a box that is known to hold a face are taken at once if the box that they lead to is no
 * farther away than this. Of the boxes of dlib's own detector 9 of 10 are nearer.
 */
const NEAR_KNOWN = 0.4;

/** Boxes around the first answer's points: scale, and shift of the centre in extents. */
const DOUBTS = [
  [1.05, 0, -0.1],
  [1.1, 0.04, -0.1],
  [1, -0.04, -0.1],
  [1.12, 0, -0.06],
  [0.98, 0, -0.14],
] as const;

/**
 * If no answer is farther from their median than this (as NME), it counts: 66 of 100, with an NME of
 * 0.023 and none wrong. The first wrong ones come at 0.06 to 0.08.
 */
const AGREED = 0.03;

/**
 * Answers that are nearer than this to their median are of an upright face: those of 2 in 3 of 1,786 faces
 * of CelebA. Of the answers on 5,358 turned ones, the nearest had 0.0158.
 */
const PLAINLY_AGREED = 0.015;

/**
 * So are others if the answer in the mirror is no farther from them. On 795 faces of CelebA that were turned, a
 * wrong one had 0.0167.
 */
const SAME_IN_MIRROR = 0.016;

/** Boxes around the network's points, where the predictor does not agree with itself. */
const TRIES = [
  [1.05, 0, -0.1],
  [1.05, 0.04, -0.1],
  [1.05, -0.04, -0.1],
  [1.05, 0, -0.06],
  [1.05, 0, -0.14],
  [0.97, 0, -0.1],
  [1.15, 0, -0.1],
] as const;

/** If no answer of the predictor comes as near to the network's points (as NME), these count. */
const BELIEVABLE = 0.1;

/**
 * An answer that is nearer is of an upright face. On faces of CelebA that were turned, wrong ones had 0.043 and
 * 0.048; on most, the predictor has none near.
 */
const PLAINLY_BELIEVABLE = 0.042;

/** Places points by predictor and network. */
export class TreePlacer {
  readonly #net: NetPlacer;
  readonly #predict: PredictPoints;

  constructor(net: NetPlacer, predict: PredictPoints) {
    this.#net = net;
    this.#predict = predict;
  }

  /** As {@linkcode NetPlacer.place}. */
  async place(placings: readonly Placing[]): Promise<(Placed | null)[]> {
    const answers = await this.#quickly(placings);
    const open = placings.map((_, i) => i).filter((i) => answers[i] === null);
    const thorough = await this.#thoroughly(open.map((i) => placings[i]!));
    for (const [k, i] of open.entries()) answers[i] = thorough[k]!;
    return answers;
  }

  /** The predictor's points where it is sure of them, and null elsewhere. */
  async #quickly(placings: readonly Placing[]): Promise<(Placed | null)[]> {
    const starts = placings.map(({ candidate }) => startOf(candidate));
    const first = await askOnce(
      this.#predict,
      placings.map(({ image }, i) => ({ image, box: starts[i]!.edges })),
    );
    const isNear = (i: number) =>
      squareDistance(starts[i]!.square, levelSquare(first[i]!)) < NEAR_KNOWN;
    const answers: (Placed | null)[] = placings.map(({ candidate }, i) =>
      candidate.known && isNear(i) ? { points: first[i]!, sure: true } : null
    );
    const doubted = placings.map((_, i) => i).filter((i) => answers[i] === null);
    const again = await askPredictor(
      this.#predict,
      doubted.map((i) => ({
        image: placings[i]!.image,
        boxes: around(first[i]!, DOUBTS),
      })),
    );
    const unsure: number[] = [];
    for (const [k, i] of doubted.entries()) {
      const { points, spread } = medianOf(again[k]!);
      if (spread >= AGREED) continue;
      const sure = spread < PLAINLY_AGREED;
      answers[i] = { points, sure };
      if (!sure) unsure.push(i);
    }
    await this.#askInMirror(placings, answers, unsure);
    return answers;
  }

  /** Makes those answers sure that come out the same where the picture is mirrored. */
  async #askInMirror(
    placings: readonly Placing[],
    answers: (Placed | null)[],
    unsure: readonly number[],
  ): Promise<void> {
    const mirrored = await askOnce(
      this.#predict,
      unsure.map((i) => ({
        image: placings[i]!.image,
        box: levelBox(answers[i]!.points),
        mirrored: true,
      })),
    );
    for (const [k, i] of unsure.entries()) {
      const { points } = answers[i]!;
      answers[i] = { points, sure: pointDistance(points, mirrored[k]!) < SAME_IN_MIRROR };
    }
  }

  /** The network's points, or of several answers of the predictor the one nearest to them. */
  async #thoroughly(placings: readonly Placing[]): Promise<(Placed | null)[]> {
    const seen = this.#net.place(placings);
    const faces = placings.map((_, i) => i).filter((i) => seen[i] !== null);
    const answers = await askPredictor(
      this.#predict,
      faces.map((i) => ({
        image: placings[i]!.image,
        boxes: around(seen[i]!.points, TRIES),
      })),
    );
    for (const [k, i] of faces.entries()) seen[i] = nearest(seen[i]!.points, answers[k]!);
    return seen;
  }
}

/** Where the predictor begins: at a known box as it is, else around the extent that is promised. */
export function startOf(
  { known, box, extent }: Candidate,
): { edges: BoxEdges; square: Square } {
  if (known) {
    const { x, y, width, height } = box;
    const side = Math.sqrt(width * height);
    const square = { x: x + width / 2, y: y + height / 2, side, angle: 0 };
    return { edges: edgesOfBox(box), square };
  }
  const square = promisedSquare(extent);
  return { edges: edgesOf(square), square };
}

/** About where dlib's own detector has a face whose points have this extent. */
function promisedSquare(extent: Extent): Square {
  const square = squareAround(extent, BOX.scale);
  return { ...square, y: square.y + BOX.down * extent[2] };
}

/** About the box in which dlib's own detector has a face with these points. */
export function predictorBox(points: Float32Array): Box {
  const { x, y, side } = promisedSquare(extentOf(points));
  return { x: x - side / 2, y: y - side / 2, width: side, height: side };
}

/** The square around points from which the predictor is asked again, levelled. */
function levelSquare(points: Float32Array): Square {
  return squareByEyes(points, BOX.scale, 0, BOX.down);
}

/** {@linkcode levelSquare} as a box. */
export function levelBox(points: Float32Array): BoxEdges {
  return edgesOf(levelSquare(points));
}

/** Levelled boxes around points. */
function around(
  points: Float32Array,
  boxes: readonly (readonly [scale: number, right: number, down: number])[],
): BoxEdges[] {
  return boxes.map(([scale, right, down]) => edgesOf(squareByEyes(points, scale, right, down)));
}

/** The median of the answers, coordinate by coordinate, and how far the farthest is from it. */
function medianOf(answers: readonly Float32Array[]): { points: Float32Array; spread: number } {
  const points = answers[0]!.map((_, i) => {
    const values = Float32Array.from(answers, (answer) => answer[i]!).sort();
    return values[values.length >> 1]!;
  });
  return { points, spread: Math.max(...answers.map((answer) => pointDistance(points, answer))) };
}

/** Of the predictor's answers the one nearest to the network's, which stays where none is near. */
function nearest(seen: Float32Array, answers: readonly Float32Array[]): Placed {
  const { points, distance } = nearestPoints(answers, seen);
  return distance < BELIEVABLE
    ? { points, sure: distance < PLAINLY_BELIEVABLE }
    : { points: seen, sure: false };
}
