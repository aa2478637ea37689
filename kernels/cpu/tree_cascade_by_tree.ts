/**
 * The cascade of regression trees for machines without an adapter: all faces go through one tree
 * before the next, whose leaves then stay in the cache, in the arithmetic of dlib (f32 where it has f32).
 *
 * @module
 */

import { checkTreeCascadeJob, type TreeCascade, type TreeCascadeJob } from "../tree_cascade_job.ts";

/**
 * Places points on faces. With level boxes the result, rounded, is dlib's own, and it does not depend
 * on the other faces of the job.
 *
 * @returns f32 [B, N] in pixels of the windows, pixel centres being whole numbers.
 * @throws {TypeError} If the job's arrays do not agree.
 */
export function placePointsByTree(
  model: TreeCascade,
  job: TreeCascadeJob,
): Float32Array<ArrayBuffer> {
  const faces = checkTreeCascadeJob(job);
  const numbers = model.initial.length;
  const shapes = new Float32Array(faces * numbers);
  for (let face = 0; face < faces; face++) shapes.set(model.initial, face * numbers);
  const values = new Uint8Array(faces * model.features);
  for (let stage = 0; stage < model.stages; stage++) {
    for (let face = 0; face < faces; face++) sample(model, job, stage, face, shapes, values);
    addLeaves(model, stage, values, shapes);
  }
  for (let face = 0; face < faces; face++) {
    const [x, y, rightX, rightY, downX, downY] = boxOf(job, face);
    for (let n = face * numbers; n < (face + 1) * numbers; n += 2) {
      const [u, v] = [shapes[n]!, shapes[n + 1]!];
      shapes[n] = x + u * rightX + v * downX;
      shapes[n + 1] = y + u * rightY + v * downY;
    }
  }
  return shapes;
}

/** Writes what a stage's features see in one face. */
function sample(
  { features, initial, anchors, deltas }: TreeCascade,
  job: TreeCascadeJob,
  stage: number,
  face: number,
  shapes: Float32Array,
  values: Uint8Array,
): void {
  const { fround, floor } = Math;
  const numbers = initial.length;
  const shape = shapes.subarray(face * numbers, (face + 1) * numbers);
  const [same, cross] = similarity(initial, shape);
  const [x0, y0, rightX, rightY, downX, downY] = boxOf(job, face);
  const [first, width, height] = job.windows.subarray(3 * face) as unknown as ThreeNumbers;
  for (let feature = 0, at = stage * features; feature < features; feature++, at++) {
    const [dx, dy] = [deltas[2 * at]!, deltas[2 * at + 1]!];
    const point = 2 * anchors[at]!;
    const u = fround(fround(fround(same * dx) - fround(cross * dy)) + shape[point]!);
    const v = fround(fround(fround(cross * dx) + fround(same * dy)) + shape[point + 1]!);
    const x = floor(x0 + u * rightX + v * downX + 0.5);
    const y = floor(y0 + u * rightY + v * downY + 0.5);
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    values[face * features + feature] = inside ? job.pixels[first + y * width + x]! : 0;
  }
}

/** The scaled rotation that brings `from`, moved, closest to `to`: its real and imaginary part. */
function similarity(from: Float32Array, to: Float32Array): [same: number, cross: number] {
  let [meanX, meanY, sumX, sumY] = [0, 0, 0, 0];
  for (let n = 0; n < from.length; n += 2) {
    meanX += 2 * from[n]! / from.length;
    meanY += 2 * from[n + 1]! / from.length;
    sumX += 2 * to[n]! / from.length;
    sumY += 2 * to[n + 1]! / from.length;
  }
  let [same, cross, spread] = [0, 0, 0];
  for (let n = 0; n < from.length; n += 2) {
    const [x, y] = [from[n]! - meanX, from[n + 1]! - meanY];
    const [u, v] = [to[n]! - sumX, to[n + 1]! - sumY];
    same += x * u + y * v;
    cross += x * v - y * u;
    spread += x * x + y * y;
  }
  return [Math.fround(same / spread), Math.fround(cross / spread)];
}

/** Adds the leaves of a stage's trees to the shapes, in the order of the trees, as dlib does. */
function addLeaves(
  { depth, trees, features, initial, pairs, thresholds, leaves }: TreeCascade,
  stage: number,
  values: Uint8Array,
  shapes: Float32Array,
): void {
  const numbers = initial.length;
  const splits = 2 ** depth - 1;
  const faces = shapes.length / numbers;
  for (let tree = stage * trees; tree < (stage + 1) * trees; tree++) {
    for (let face = 0; face < faces; face++) {
      let node = 0;
      while (node < splits) {
        const pair = pairs[tree * splits + node]!;
        const difference = values[face * features + (pair & 0xffff)]! -
          values[face * features + (pair >>> 16)]!;
        node = 2 * node + (difference > thresholds[tree * splits + node]! ? 1 : 2);
      }
      let from = (tree * (splits + 1) + node - splits) * numbers;
      for (let to = face * numbers, end = to + numbers; to < end; to++, from++) {
        shapes[to]! += leaves[from]!;
      }
    }
  }
}

type ThreeNumbers = [number, number, number];
type SixNumbers = [number, number, number, number, number, number];

function boxOf({ boxes }: TreeCascadeJob, face: number): SixNumbers {
  return boxes.subarray(6 * face, 6 * face + 6) as unknown as SixNumbers;
}
