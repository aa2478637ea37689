/**
 * A fully connected layer for few rows on hardware, and its gradients: each reads or writes the weights once,
 * in the order of memory, and is bound by that.
 */

import type { Conv2dShape, Operands } from "./convolution/conv2d_shape.ts";
import type { DenseShape } from "./dense.ts";
import type { Gpu } from "./webgpu/gpu.ts";
import { grid } from "./webgpu/kernel.ts";
import { sumSplits } from "./convolution/sum_splits.ts";
import source from "./wgsl/dense_tiled.wgsl" with { type: "text" };
import fma4 from "./wgsl/convolution/fma4.wgsl" with { type: "text" };
import gradSource from "./wgsl/dense_tiled_grad.wgsl" with { type: "text" };

/**
 * Most rows. With more of them a product is bound by multiplying, for which tiles are better; and eight
 * groups of eight are what a workgroup of 256 has room for.
 */
const MOST_ROWS = 64;
/** Rows that an invocation makes, as the shaders say: 32 registers of sums, half of what keeps a device full. */
const ROWS = 8;
/** Most invocations in a workgroup of the forward pass; half of their sums are 16 KiB of workgroup memory. */
const MOST_INVOCATIONS = 256;
/**
 * Workgroups that fill a large device at once: four of about 160 invocations, with 100 registers each, on
 * each of 132 multiprocessors. One that came later would wait for all of those before it.
 */
const ENOUGH_WORKGROUPS = 512;
/** Fewest vectors of k that an invocation multiplies, so that folding the lanes stays the smaller part. */
const LEAST_VECTORS = 4;
/** Most partial sums beside the weights, in bytes: a sixteenth is written and read again. */
const PARTS_SHARE = 16;
/** Vectors of a row of weights in workgroup memory: 64 rows of 15 are just below 16 KiB. */
const MOST_CHUNK = 15;

/** The shape as a product of few rows, or null: images of one pixel under filters of one tap. */
export function asDenseTiled(shape: Conv2dShape): DenseShape | null {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const isProduct = [height, width, kernelHeight, kernelWidth].every((size) => size === 1);
  const isByFours = channels % 4 === 0 && filters % 4 === 0;
  if (!isProduct || !isByFours || batch > MOST_ROWS) return null;
  return { rows: batch, inputs: channels, outputs: filters };
}

/**
 * Records y = x · w.
 *
 * x  f32 [B, K]
 * w  f32 [K, N]
 * y  f32 [B, N], written
 */
export function denseTiled(gpu: Gpu, [x, w, y]: Operands, shape: DenseShape): void {
  const { rows, inputs, outputs } = shape;
  const { blocks, columns, groups, lanes, step, splits } = divideDense(shape);
  const kernel = {
    label: "dense_tiled",
    source: source + fma4,
    constants: {
      K4: inputs / 4,
      N4: outputs / 4,
      COLUMNS4: columns / 4,
      LANES: lanes,
      GROUPS: groups,
    },
  };
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * rows * outputs);
  gpu.dispatch(kernel, [x, w, target, gpu.uniforms([rows, step / 4])], [blocks, splits]);
  if (target !== y) {
    sumSplits(gpu, [target, y], { splits, length: rows * outputs }, { shared: true });
  }
}

interface DenseDispatch {
  /** Workgroups along the columns, and columns of each. */
  readonly blocks: number;
  readonly columns: number;
  /** Groups of {@linkcode ROWS} rows. */
  readonly groups: number;
  /** Invocations that share a sum; a power of two. */
  readonly lanes: number;
  /** Numbers of k in a split. */
  readonly step: number;
  readonly splits: number;
}

/** Divides a product into workgroups. */
export function divideDense({ rows, inputs, outputs }: DenseShape): DenseDispatch {
  const groups = Math.ceil(rows / ROWS);
  const blocks = Math.ceil(outputs / 4 / Math.floor(MOST_INVOCATIONS / (MOST_ROWS / ROWS)));
  const columns = Math.ceil(outputs / 4 / blocks) * 4;
  const lanes = 2 ** Math.floor(Math.log2(MOST_INVOCATIONS / (groups * columns / 4)));
  const most = Math.max(1, Math.floor(inputs / (PARTS_SHARE * rows)));
  const wanted = Math.min(Math.ceil(ENOUGH_WORKGROUPS / blocks), most);
  const vectors = Math.max(Math.ceil(inputs / 4 / lanes / wanted), LEAST_VECTORS);
  const step = Math.min(4 * vectors * lanes, inputs);
  return { blocks, columns, groups, lanes, step, splits: Math.ceil(inputs / step) };
}

/**
 * Records dx = dy · wᵀ, the gradient of Σ y·dy by x.
 *
 * dy  f32 [B, N]
 * w   f32 [K, N]
 * dx  f32 [B, K], written
 */
export function denseInputGradTiled(gpu: Gpu, [dy, w, dx]: Operands, shape: DenseShape): void {
  const bindings = { 1: dy, 2: w, 3: dx, 5: gpu.uniforms([shape.rows]) };
  gpu.dispatch(gradKernel("input_grad", shape), bindings, grid(shape.inputs / 64));
}

/**
 * Records g = xᵀ · dy, the gradient of Σ y·dy by w.
 *
 * x   f32 [B, K]
 * dy  f32 [B, N]
 * g   f32 [K, N], written
 */
export function denseWeightGradTiled(gpu: Gpu, [x, dy, g]: Operands, shape: DenseShape): void {
  const bindings = { 0: x, 1: dy, 4: g, 5: gpu.uniforms([shape.rows]) };
  const invocations = shape.inputs / 4 * shape.outputs / 4;
  gpu.dispatch(gradKernel("weight_grad", shape), bindings, grid(invocations / 256));
}

function gradKernel(entry: "input_grad" | "weight_grad", { inputs, outputs }: DenseShape) {
  const [K4, N4] = [inputs / 4, outputs / 4];
  const constants = { K4, N4, CHUNK4: Math.min(N4, MOST_CHUNK) };
  return { label: "dense_tiled_grad", source: gradSource, entry, constants };
}
