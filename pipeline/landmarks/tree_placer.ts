/**
 * Placing points by dlib's predictor, kept in check by itself and by face-api's network.
 *
 * The predictor places points of a level, well-framed face twice as exactly as the network, and fails
 * without notice on others. Where it gives the same points from several boxes, they are right; else the
 * network's look tells which of its answers is. All figures: 100 photographs of iBUG-68, thresholds
 * chosen on every other one and the same on the rest.
 *
 * @module
 */

import type { TreeCascadeJob } from "../../kernels/tree_cascade_job.ts";
import type { RgbImage } from "../image.ts";
import type { Box } from "../record.ts";
import type { Square } from "./crop.ts";
import { pointDistance, squareAround, squareByEyes, squareDistance } from "./face_square.ts";
import { grayWindow } from "./gray_window.ts";
import type { NetPlacer, Placing } from "./net_placer.ts";

/** Places 68 points on the faces of a job: f32 [B, 136] in pixels of the windows. */
export type PredictPoints = (job: TreeCascadeJob) => Float32Array | Promise<Float32Array>;

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

/** Most pixels that the windows of one job have; a photograph's face is seen in about one million. */
const JOB_PIXELS = 2 ** 25;

/** Points wanted for some boxes of one picture. */
interface Question {
  readonly image: RgbImage;
  /** Corner and edges, as in a {@linkcode TreeCascadeJob}, in pixels of the picture. */
  readonly boxes: readonly BoxEdges[];
}

type BoxEdges = readonly [number, number, number, number, number, number];

/** Places points by predictor and network. */
export class TreePlacer {
  readonly #net: NetPlacer;
  readonly #predict: PredictPoints;

  constructor(net: NetPlacer, predict: PredictPoints) {
    this.#net = net;
    this.#predict = predict;
  }

  /** As {@linkcode NetPlacer.place}. */
  async place(placings: readonly Placing[]): Promise<(Float32Array | null)[]> {
    const answers = await this.#quickly(placings);
    const open = placings.map((_, i) => i).filter((i) => answers[i] === null);
    const thorough = await this.#thoroughly(open.map((i) => placings[i]!));
    for (const [k, i] of open.entries()) answers[i] = thorough[k]!;
    return answers;
  }

  /** The predictor's points where it is sure of them, and null elsewhere. */
  async #quickly(placings: readonly Placing[]): Promise<(Float32Array | null)[]> {
    const starts = placings.map(startOf);
    const first = (await this.#ask(placings.map(({ image }, i) => ({
      image,
      boxes: [starts[i]!.edges],
    })))).map(([points]) => points!);
    const isNear = (i: number) =>
      squareDistance(starts[i]!.square, squareByEyes(first[i]!, BOX.scale, 0, BOX.down)) <
        NEAR_KNOWN;
    const answers: (Float32Array | null)[] = placings.map(({ candidate }, i) =>
      candidate.known && isNear(i) ? first[i]! : null
    );
    const doubted = placings.map((_, i) => i).filter((i) => answers[i] === null);
    const again = await this.#ask(doubted.map((i) => ({
      image: placings[i]!.image,
      boxes: around(first[i]!, DOUBTS),
    })));
    for (const [k, i] of doubted.entries()) answers[i] = agreement(again[k]!);
    return answers;
  }

  /** The network's points, or of several answers of the predictor the one nearest to them. */
  async #thoroughly(placings: readonly Placing[]): Promise<(Float32Array | null)[]> {
    const seen = this.#net.place(placings);
    const faces = placings.map((_, i) => i).filter((i) => seen[i] !== null);
    const answers = await this.#ask(faces.map((i) => ({
      image: placings[i]!.image,
      boxes: around(seen[i]!, TRIES),
    })));
    for (const [k, i] of faces.entries()) seen[i] = nearest(seen[i]!, answers[k]!);
    return seen;
  }

  /** The predictor's points, in pixels of the pictures, for each box of each question. */
  async #ask(questions: readonly Question[]): Promise<Float32Array[][]> {
    const answers: Float32Array[][] = [];
    for (let first = 0; first < questions.length;) {
      let [end, pixels] = [first, 0];
      const windows: GrayPart[] = [];
      while (end < questions.length && (end === first || pixels < JOB_PIXELS)) {
        windows.push(grayWindow(questions[end]!.image, questions[end]!.boxes));
        pixels += windows.at(-1)!.data.length;
        end++;
      }
      answers.push(...await this.#askAtOnce(questions.slice(first, end), windows, pixels));
      first = end;
    }
    return answers;
  }

  async #askAtOnce(
    questions: readonly Question[],
    windows: readonly GrayPart[],
    pixels: number,
  ): Promise<Float32Array[][]> {
    const count = questions.reduce((sum, { boxes }) => sum + boxes.length, 0);
    const job = {
      pixels: new Uint8Array(pixels),
      windows: new Uint32Array(3 * count),
      boxes: new Float32Array(6 * count),
    };
    let [face, at] = [0, 0];
    for (const [i, { left, top, width, height, data }] of windows.entries()) {
      job.pixels.set(data, at);
      for (const [x, y, ...edges] of questions[i]!.boxes) {
        job.windows.set([at, width, height], 3 * face);
        job.boxes.set([x - left, y - top, ...edges], 6 * face);
        face++;
      }
      at += data.length;
    }
    const placed = await this.#predict(job);
    face = 0;
    return questions.map(({ boxes }, i) =>
      boxes.map(() => toPicture(placed, face++, windows[i]!.left, windows[i]!.top))
    );
  }
}

type GrayPart = ReturnType<typeof grayWindow>;

/** dlib's pixel centres are whole numbers; here the first pixel covers 0 to 1. */
const CENTRE = 0.5;

/** Where the predictor begins: at a known box as it is, else around the extent that is promised. */
function startOf({ candidate }: Placing): { edges: BoxEdges; square: Square } {
  const { known, box, extent } = candidate;
  if (known) {
    const { x, y, width, height } = box;
    const side = Math.sqrt(width * height);
    const square = { x: x + width / 2, y: y + height / 2, side, angle: 0 };
    return { edges: edgesOfBox(box), square };
  }
  const { x, y, side } = squareAround(extent, BOX.scale);
  const square = { x, y: y + BOX.down * extent[2], side, angle: 0 };
  return { edges: edgesOf(square), square };
}

/** From the centre of the first to that of the last pixel, as dlib has it. */
function edgesOfBox({ x, y, width, height }: Box): BoxEdges {
  return [x, y, width - 1, 0, 0, height - 1];
}

function edgesOf({ x, y, side, angle }: Square): BoxEdges {
  const [cos, sin] = [side * Math.cos(angle), side * Math.sin(angle)];
  return [x - (cos - sin) / 2 - CENTRE, y - (sin + cos) / 2 - CENTRE, cos, sin, -sin, cos];
}

function toPicture(placed: Float32Array, face: number, left: number, top: number): Float32Array {
  const points = placed.slice(136 * face, 136 * (face + 1));
  for (let i = 0; i < points.length; i += 2) {
    points[i]! += left + CENTRE;
    points[i + 1]! += top + CENTRE;
  }
  return points;
}

/** Levelled boxes around points. */
function around(
  points: Float32Array,
  boxes: readonly (readonly [scale: number, right: number, down: number])[],
): BoxEdges[] {
  return boxes.map(([scale, right, down]) => edgesOf(squareByEyes(points, scale, right, down)));
}

/** The median of the answers, coordinate by coordinate, or null if one is too far from it. */
function agreement(answers: readonly Float32Array[]): Float32Array | null {
  const median = answers[0]!.map((_, i) => {
    const values = Float32Array.from(answers, (points) => points[i]!).sort();
    return values[values.length >> 1]!;
  });
  return answers.every((points) => pointDistance(median, points) < AGREED) ? median : null;
}

function nearest(seen: Float32Array, answers: readonly Float32Array[]): Float32Array {
  let [best, least] = [seen, BELIEVABLE];
  for (const answer of answers) {
    const distance = pointDistance(seen, answer);
    if (distance < least) [best, least] = [answer, distance];
  }
  return best;
}
