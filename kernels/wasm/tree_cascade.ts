/**
 * The cascade of regression trees for machines without an adapter: all faces go through one tree
 * before the next, whose leaves then stay in the cache, in the arithmetic of dlib (f32 where it has f32).
 * The trees are walked and added up in WebAssembly (`kernels/wasm/wat/tree_cascade.wat`), with SIMD.
 */

import {
  allocateTrees,
  checkTreeCascadeJob,
  type TreeArrays,
  type TreeCascade,
  type TreeCascadeJob,
} from "../tree_cascade_job.ts";
import binary from "./binaries/tree_cascade.wasm" with { type: "bytes" };

/** N: the loops in WebAssembly are made for 68 points. */
const NUMBERS = 136;

/** Bytes of WebAssembly memory that are asked for at once. */
const PAGE = 65536;

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
  const points = new Float32Array(faces * NUMBERS);
  if (faces === 0) return points;
  const trees = treesOf(model);
  const { shapes, values } = trees.workspace(faces, model.features);
  for (let face = 0; face < faces; face++) shapes.set(model.initial, face * NUMBERS);
  for (let stage = 0; stage < model.stages; stage++) {
    for (let face = 0; face < faces; face++) sample(model, job, stage, face, shapes, values);
    trees.addLeaves(stage, faces);
  }
  for (let face = 0; face < faces; face++) {
    const [x, y, rightX, rightY, downX, downY] = boxOf(job, face);
    for (let n = face * NUMBERS; n < (face + 1) * NUMBERS; n += 2) {
      const [u, v] = [shapes[n]!, shapes[n + 1]!];
      points[n] = x + u * rightX + v * downX;
      points[n + 1] = y + u * rightY + v * downY;
    }
  }
  return points;
}

/** This thread's trees by their models. */
const TREES = new WeakMap<TreeCascade, Trees>();

function treesOf(model: TreeCascade): Trees {
  const known = TREES.get(model);
  if (known) return known;
  const trees = new Trees(model);
  TREES.set(model, trees);
  return trees;
}

/** What the WebAssembly module exports; addresses in bytes, see its source. */
interface Exports {
  add_leaves(
    shapes: number,
    values: number,
    faces: number,
    features: number,
    pairs: number,
    thresholds: number,
    leaves: number,
    trees: number,
    splits: number,
  ): void;
}

/** A model's trees in WebAssembly, with room for the faces of one call. */
class Trees {
  readonly #model: TreeCascade;
  readonly #arrays: TreeArrays;
  readonly #exports: Exports;
  /** Where this thread's own part of the memory begins, and its length, in bytes. */
  #start = 0;
  #length = 0;

  constructor(model: TreeCascade) {
    if (model.initial.length !== NUMBERS) {
      throw new RangeError(
        `Cannot place ${model.initial.length / 2} points: cascades of 68 are supported`,
      );
    }
    this.#model = model;
    const { memory, pairs, thresholds, leaves } = model;
    this.#arrays = memory ? { memory, pairs, thresholds, leaves } : copyOf(model);
    const module = new WebAssembly.Module(binary);
    const imports = { cascade: { memory: this.#arrays.memory } };
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  }

  /** Room for f32 [faces, 136] and u8 [faces, features]; what was in it is undefined. */
  workspace(faces: number, features: number): { shapes: Float32Array; values: Uint8Array } {
    const { memory } = this.#arrays;
    const bytes = faces * (4 * NUMBERS + features);
    if (bytes > this.#length) {
      // Other threads may have taken pages in between: these are new ones.
      const pages = Math.ceil(bytes / PAGE);
      this.#start = memory.grow(pages) * PAGE;
      this.#length = pages * PAGE;
    }
    return {
      shapes: new Float32Array(memory.buffer, this.#start, faces * NUMBERS),
      values: new Uint8Array(
        memory.buffer,
        this.#start + 4 * faces * NUMBERS,
        faces * features,
      ),
    };
  }

  /** Adds the leaves of a stage's trees to the shapes of the workspace, as its values have them. */
  addLeaves(stage: number, faces: number): void {
    const { trees, depth, features } = this.#model;
    const { pairs, thresholds, leaves } = this.#arrays;
    const splits = 2 ** depth - 1;
    const first = stage * trees;
    this.#exports.add_leaves(
      this.#start,
      this.#start + 4 * faces * NUMBERS,
      faces,
      features,
      pairs.byteOffset + 4 * first * splits,
      thresholds.byteOffset + 4 * first * splits,
      leaves.byteOffset + 4 * first * (splits + 1) * NUMBERS,
      trees,
      splits,
    );
  }
}

function copyOf(model: TreeCascade): TreeArrays {
  const arrays = allocateTrees(model, NUMBERS);
  arrays.pairs.set(model.pairs);
  arrays.thresholds.set(model.thresholds);
  arrays.leaves.set(model.leaves);
  return arrays;
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

type ThreeNumbers = [number, number, number];
type SixNumbers = [number, number, number, number, number, number];

function boxOf({ boxes }: TreeCascadeJob, face: number): SixNumbers {
  return boxes.subarray(6 * face, 6 * face + 6) as unknown as SixNumbers;
}
