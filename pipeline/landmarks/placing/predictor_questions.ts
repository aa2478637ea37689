/** Asking dlib's predictor for the points in some boxes of some pictures, many at once. */

import type { TreeCascadeJob } from "../../../kernels/tree_cascade_job.ts";
import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import type { Square } from "../crop.ts";
import { type GrayWindow, grayWindow } from "./gray_window.ts";
import { exchangeSides, mirrorRows } from "../mirror.ts";

/** Places 68 points on the faces of a job: f32 [B, 136] in pixels of the windows. */
export type PredictPoints = (job: TreeCascadeJob) => Float32Array | Promise<Float32Array>;

/** A box as in a {@linkcode TreeCascadeJob}: its corner, right and down edges. */
export type BoxEdges = readonly [
  ...[x: number, y: number, rightX: number, rightY: number, downX: number, downY: number],
];

/** Points wanted for some boxes of one picture. */
interface Question {
  readonly image: RgbImage;
  /** In pixels of the picture. */
  readonly boxes: readonly BoxEdges[];
  /** Whether the predictor is shown the mirror image; points are the picture's in any case. */
  readonly mirrored?: boolean;
}

/** Most pixels that the windows of one job have; a photograph's face is seen in about one million. */
const JOB_PIXELS = 2 ** 25;

/** dlib's pixel centres are whole numbers; here the first pixel covers 0 to 1. */
const CENTRE = 0.5;

/** The predictor's points, f32 [136] in pixels of the pictures, for each box of each question. */
export async function askPredictor(
  predict: PredictPoints,
  questions: readonly Question[],
): Promise<Float32Array[][]> {
  const answers: Float32Array[][] = [];
  for (let first = 0; first < questions.length;) {
    let [end, pixels] = [first, 0];
    const windows: GrayWindow[] = [];
    while (end < questions.length && (end === first || pixels < JOB_PIXELS)) {
      windows.push(grayWindow(questions[end]!.image, questions[end]!.boxes));
      pixels += windows.at(-1)!.data.length;
      end++;
    }
    answers.push(...await askAtOnce(predict, questions.slice(first, end), windows, pixels));
    first = end;
  }
  return answers;
}

/** {@linkcode askPredictor} for one box of each picture. */
export async function askOnce(
  predict: PredictPoints,
  questions: readonly (Omit<Question, "boxes"> & { readonly box: BoxEdges })[],
): Promise<Float32Array[]> {
  const asked = questions.map(({ box, ...question }) => ({ ...question, boxes: [box] }));
  return (await askPredictor(predict, asked)).map(([points]) => points!);
}

async function askAtOnce(
  predict: PredictPoints,
  questions: readonly Question[],
  windows: readonly GrayWindow[],
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
    const { boxes, mirrored } = questions[i]!;
    if (mirrored) mirrorRows(data, width, 1);
    job.pixels.set(data, at);
    for (const [x, y, ...edges] of boxes) {
      const box = [x - left, y - top, ...edges] as const;
      job.windows.set([at, width, height], 3 * face);
      job.boxes.set(mirrored ? mirrorBox(box, width) : box, 6 * face);
      face++;
    }
    at += data.length;
  }
  const placed = await predict(job);
  face = 0;
  return questions.map(({ boxes, mirrored }, i) =>
    boxes.map(() => {
      const points = placed.slice(136 * face, 136 * (face + 1));
      face++;
      return toPicture(points, windows[i]!, mirrored);
    })
  );
}

/** The box in the mirror image that shows the same part, upright. */
function mirrorBox([x, y, rightX, rightY, downX, downY]: BoxEdges, width: number): BoxEdges {
  return [width - 1 - x - rightX, y + rightY, rightX, -rightY, -downX, downY];
}

/** Brings points of a window into the picture, in place unless they are mirrored. */
function toPicture(
  points: Float32Array,
  { left, top, width }: GrayWindow,
  mirrored: boolean | undefined,
): Float32Array {
  for (let i = 0; i < points.length; i += 2) {
    if (mirrored) points[i] = width - 1 - points[i]!;
    points[i]! += left + CENTRE;
    points[i + 1]! += top + CENTRE;
  }
  return mirrored ? exchangeSides(points) : points;
}

/** A known box, from the centre of the first to that of the last pixel, as dlib has it. */
export function edgesOfBox({ x, y, width, height }: Box): BoxEdges {
  return [x, y, width - 1, 0, 0, height - 1];
}

/** The edges of a square. */
export function edgesOf({ x, y, side, angle }: Square): BoxEdges {
  const [cos, sin] = [side * Math.cos(angle), side * Math.sin(angle)];
  return [x - (cos - sin) / 2 - CENTRE, y - (sin + cos) / 2 - CENTRE, cos, sin, -sin, cos];
}
