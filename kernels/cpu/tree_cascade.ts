/** The naive twin of `kernels/tree_cascade.ts`: one face after the other, in f64. */

import type { TreeCascade, TreeCascadeJob } from "../tree_cascade_job.ts";

/**
 * Places points on faces.
 *
 * @returns f64 [B, N] in pixels of the windows, pixel centres being whole numbers.
 */
export function placePoints(model: TreeCascade, job: TreeCascadeJob): Float64Array {
  const faces = job.windows.length / 3;
  const numbers = model.initial.length;
  const result = new Float64Array(faces * numbers);
  for (let face = 0; face < faces; face++) {
    const shape = Float64Array.from(model.initial);
    for (let stage = 0; stage < model.stages; stage++) {
      const values = brightness(model, job, face, stage, shape);
      for (let tree = 0; tree < model.trees; tree++) {
        const leaf = leafOf(model, stage * model.trees + tree, values);
        for (let n = 0; n < numbers; n++) shape[n]! += model.leaves[leaf * numbers + n]!;
      }
    }
    for (let n = 0; n < numbers; n += 2) {
      result.set(toWindow(job, face, shape[n]!, shape[n + 1]!), face * numbers + n);
    }
  }
  return result;
}

/** What each feature of a stage sees, 0 to 255. */
function brightness(
  model: TreeCascade,
  job: TreeCascadeJob,
  face: number,
  stage: number,
  shape: Float64Array,
): number[] {
  const [first, width, height] = job.windows.subarray(3 * face) as unknown as [
    number,
    number,
    number,
  ];
  const turn = similarity(model.initial, shape);
  return Array.from({ length: model.features }, (_, feature) => {
    const at = stage * model.features + feature;
    const point = model.anchors[at]!;
    const [dx, dy] = [model.deltas[2 * at]!, model.deltas[2 * at + 1]!];
    const [x, y] = toWindow(
      job,
      face,
      shape[2 * point]! + turn.same * dx - turn.cross * dy,
      shape[2 * point + 1]! + turn.cross * dx + turn.same * dy,
    );
    const [column, row] = [Math.floor(x + 0.5), Math.floor(y + 0.5)];
    const inside = column >= 0 && row >= 0 && column < width && row < height;
    return inside ? job.pixels[first + row * width + column]! : 0;
  });
}

/** The scaled rotation that brings `from`, moved, closest to `to`: its real and imaginary part. */
function similarity(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
): { same: number; cross: number } {
  const a = centred(from);
  const b = centred(to);
  const sum = (of: (n: number) => number) => {
    let total = 0;
    for (let n = 0; n < from.length; n += 2) total += of(n);
    return total;
  };
  const spread = sum((n) => a[n]! ** 2 + a[n + 1]! ** 2);
  return {
    same: sum((n) => a[n]! * b[n]! + a[n + 1]! * b[n + 1]!) / spread,
    cross: sum((n) => a[n]! * b[n + 1]! - a[n + 1]! * b[n]!) / spread,
  };
}

function centred(shape: ArrayLike<number>): number[] {
  const mean = [0, 0];
  for (let n = 0; n < shape.length; n++) mean[n % 2]! += 2 * shape[n]! / shape.length;
  return Array.from(shape, (value, n) => value - mean[n % 2]!);
}

/** Number of the leaf in which a tree ends, counted over all trees. */
function leafOf({ depth, pairs, thresholds }: TreeCascade, tree: number, values: number[]): number {
  const splits = 2 ** depth - 1;
  let node = 0;
  for (let level = 0; level < depth; level++) {
    const split = tree * splits + node;
    const pair = pairs[split]!;
    const difference = values[pair & 0xffff]! - values[pair >>> 16]!;
    node = 2 * node + (difference > thresholds[split]! ? 1 : 2);
  }
  return tree * (splits + 1) + node - splits;
}

function toWindow({ boxes }: TreeCascadeJob, face: number, u: number, v: number): [number, number] {
  const [x, y, rightX, rightY, downX, downY] = boxes.subarray(6 * face) as unknown as SixNumbers;
  return [x + u * rightX + v * downX, y + u * rightY + v * downY];
}

type SixNumbers = [number, number, number, number, number, number];
