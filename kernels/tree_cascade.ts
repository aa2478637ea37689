/** Places 68 points on many faces at once by a cascade of regression trees. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { floatBits } from "./webgpu/kernel.ts";
import { checkTreeCascadeJob, type TreeCascade, type TreeCascadeJob } from "./tree_cascade_job.ts";
import source from "./wgsl/tree_cascade.wgsl" with { type: "text" };
import addSource from "./wgsl/tree_cascade_add.wgsl" with { type: "text" };

export type { TreeCascade, TreeCascadeJob } from "./tree_cascade_job.ts";

/** N: the kernel's loops are made for 68 points. */
const NUMBERS = 136;
/** Texels of a leaf. */
const QUADS = NUMBERS / 4;
/** Widest texture that every adapter has, in texels. */
const TEXTURE_WIDTH = 8192;

/** The result does not depend on it, but for the last bits. */
export interface TreeCascadeTuning {
  /** Numbers of a face that one invocation adds up: half of them, or four. */
  readonly add: "half" | "quad";
}

/** A cascade in the memory of a device; it takes as much as its leaves. Dispose it to free them. */
export class LoadedCascade implements Disposable {
  readonly model: TreeCascade;
  readonly #gpu: Gpu;
  readonly #features: GPUBuffer;
  readonly #splits: GPUBuffer;
  readonly #leaves: GPUTexture;
  readonly #reference: GPUBuffer;
  readonly #constants: Record<string, number>;

  /**
   * Uploads a cascade.
   *
   * @throws {RangeError} If it does not place 68 points, or is too deep for a texture.
   */
  constructor(gpu: Gpu, model: TreeCascade) {
    const leaves = 2 ** model.depth;
    const treesPerRow = Math.floor(TEXTURE_WIDTH / (leaves * QUADS));
    if (model.initial.length !== NUMBERS || treesPerRow < 1) {
      throw new RangeError(
        `Cannot load a cascade of ${model.initial.length / 2} points and a depth of ` +
          `${model.depth}: 68 points and a depth of 7 at most are supported`,
      );
    }
    this.model = model;
    this.#gpu = gpu;
    this.#features = gpu.upload(packFeatures(model), "features");
    this.#splits = gpu.upload(packSplits(model), "splits");
    this.#leaves = gpu.uploadTexels(model.leaves, treesPerRow * leaves * QUADS, "leaves");
    this.#reference = gpu.uniforms(Array.from(referenceOf(model.initial), floatBits));
    this.#constants = {
      F: model.features,
      T: model.trees,
      DEPTH: model.depth,
      PER_WORD: Math.floor(32 / model.depth),
      TREES_PER_ROW: treesPerRow,
    };
  }

  /**
   * Places points on faces. Recorded, not waited for.
   *
   * Source: dlib 19.24, image_processing/shape_predictor.h; twin `kernels/cpu/tree_cascade.ts`.
   *
   * @returns A buffer with f32 [B, 136]: points as shares of their boxes (see
   * {@linkcode toWindowPixels}); the caller owns it.
   * @throws {TypeError} If the job's arrays do not agree.
   * @throws {RangeError} If the adapter cannot bind so many pixels.
   */
  placePoints(
    job: TreeCascadeJob,
    tuning: TreeCascadeTuning = { add: this.#gpu.isFallback ? "half" : "quad" },
  ): GPUBuffer {
    const gpu = this.#gpu;
    const { stages, trees, features, initial } = this.model;
    const faces = checkTreeCascadeJob(job);
    checkSize(gpu, job, faces);
    const words = Math.ceil(trees / this.#constants["PER_WORD"]!);
    const shapes = gpu.upload(repeat(initial, faces), "shapes");
    const owned = {
      pixels: gpu.upload(padToWords(job.pixels), "pixels"),
      windows: gpu.upload(job.windows, "windows"),
      boxes: gpu.upload(job.boxes, "boxes"),
    };
    const turns = gpu.scratch("turns", 8 * faces);
    const values = gpu.scratch("brightness", 4 * faces * features);
    const picks = gpu.scratch("picks", 4 * faces * words);
    const { pixels, windows, boxes } = owned;
    const leaves = this.#leaves.createView();
    for (let stage = 0; stage < stages && faces > 0; stage++) {
      const sizes = gpu.uniforms([faces, stage]);
      const run = (entry: string, bindings: Record<number, Binding>, workgroups: number[]) => {
        const kernel = { label: "tree_cascade", source, entry, constants: this.#constants };
        gpu.dispatch(kernel, { 0: sizes, ...bindings }, workgroups);
      };
      run("turn", { 4: shapes, 5: turns, 10: this.#reference }, [Math.ceil(faces / 64)]);
      run("sample", {
        ...{ 1: pixels, 2: windows, 3: boxes, 4: shapes, 5: turns, 6: values, 8: this.#features },
      }, [Math.ceil(features / 64), faces]);
      run("descend", { 6: values, 7: picks, 9: this.#splits }, [Math.ceil(words / 64), faces]);
      const entry = `add_${tuning.add}`;
      gpu.dispatch(
        { label: "tree_cascade_add", source: addSource, entry, constants: this.#constants },
        [sizes, picks, shapes, leaves],
        tuning.add === "half" ? [Math.ceil(faces / 8), 2] : [1, faces],
      );
    }
    gpu.host.submit();
    gpu.destroy(...Object.values(owned));
    return shapes;
  }

  [Symbol.dispose](): void {
    this.#gpu.destroy(this.#features, this.#splits, this.#leaves);
  }
}

/** Turns shares of the boxes, f32 [B, 136], into pixels of the windows, in place. */
export function toWindowPixels(shapes: Float32Array, { boxes }: TreeCascadeJob): void {
  for (let n = 0; n < shapes.length; n += 2) {
    const box = 6 * Math.floor(n / NUMBERS);
    const [u, v] = [shapes[n]!, shapes[n + 1]!];
    shapes[n] = boxes[box]! + u * boxes[box + 2]! + v * boxes[box + 4]!;
    shapes[n + 1] = boxes[box + 1]! + u * boxes[box + 3]! + v * boxes[box + 5]!;
  }
}

function checkSize(gpu: Gpu, { pixels }: TreeCascadeJob, faces: number): void {
  const { maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension } = gpu.device.limits;
  if (
    pixels.length + 3 <= maxStorageBufferBindingSize && faces <= maxComputeWorkgroupsPerDimension
  ) {
    return;
  }
  throw new RangeError(
    `Cannot place points on ${faces} faces with ${pixels.length} pixels at once: ` +
      `${maxComputeWorkgroupsPerDimension} faces and ${maxStorageBufferBindingSize} pixels at most`,
  );
}

/** [S, F] of point (u32), dx, dy (f32). */
function packFeatures({ anchors, deltas }: TreeCascade): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(3 * anchors.length);
  const floats = new Float32Array(words.buffer);
  for (let i = 0; i < anchors.length; i++) {
    words[3 * i] = anchors[i]!;
    floats[3 * i + 1] = deltas[2 * i]!;
    floats[3 * i + 2] = deltas[2 * i + 1]!;
  }
  return words;
}

/** [S, T, 2^D − 1] of two features (u32) and threshold (f32). */
function packSplits({ pairs, thresholds }: TreeCascade): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * pairs.length);
  const floats = new Float32Array(words.buffer);
  for (let i = 0; i < pairs.length; i++) {
    words[2 * i] = pairs[i]!;
    floats[2 * i + 1] = thresholds[i]!;
  }
  return words;
}

/** The shape around its mean, divided by the sum of its squares. */
function referenceOf(shape: Float32Array): Float64Array {
  const mean = [0, 0];
  for (let n = 0; n < NUMBERS; n++) mean[n % 2]! += 2 * shape[n]! / NUMBERS;
  const centred = Float64Array.from(shape, (value, n) => value - mean[n % 2]!);
  const spread = centred.reduce((sum, value) => sum + value ** 2, 0);
  return centred.map((value) => value / spread);
}

function repeat(shape: Float32Array, times: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(times * shape.length);
  for (let i = 0; i < times; i++) all.set(shape, i * shape.length);
  return all;
}

function padToWords(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}
