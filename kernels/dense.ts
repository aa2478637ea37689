/**
 * A fully connected layer for few rows on the GPU, and its gradients. Such a product reads or writes its
 * weights once and is bound by that, so it needs no tiles.
 */

import type { Operands } from "./convolution/conv2d_shape.ts";
import { TEXEL_ROW } from "./webgpu/device_memory.ts";
import type { Gpu } from "./webgpu/gpu.ts";
import { grid, MOST_ITERATIONS } from "./webgpu/kernel.ts";
import { sumSplits } from "./convolution/sum_splits.ts";
import shader from "./wgsl/dense.wgsl" with { type: "text" };
import fma4 from "./wgsl/convolution/fma4.wgsl" with { type: "text" };
import texel from "./wgsl/convolution/texel.wgsl" with { type: "text" };

/** Sizes of y [B, N] = x [B, K] · w [K, N]; K and N are multiples of 4. */
export interface DenseShape {
  /** B. */
  readonly rows: number;
  /** K. */
  readonly inputs: number;
  /** N. */
  readonly outputs: number;
}

/** Invocations in a workgroup, as the shader says. */
const WORKGROUP = 64;
/** Invocations that keep two cores and their vector lanes busy; below it the inner sum is split. */
const ENOUGH_INVOCATIONS = 512;
/** Fewest vectors of four that a split may have, so that adding up stays the smaller part. */
const LEAST_STEP = 64;

const KERNEL = { label: "dense", source: shader + texel + fma4, constants: { TEXEL_ROW } };

/**
 * Records y = x · w.
 *
 * x  f32 [B, K]
 * w  f32 [K, N]
 * y  f32 [B, N], written
 */
export function dense(gpu: Gpu, [x, w, y]: Operands, shape: DenseShape): void {
  const { rows, inputs, outputs } = shape;
  const tiles = Math.ceil(rows / 4) * outputs / 4;
  const inner = inputs / 4;
  const wanted = Math.ceil(ENOUGH_INVOCATIONS / tiles);
  const step = Math.min(Math.max(Math.ceil(inner / wanted), LEAST_STEP), inner, MOST_ITERATIONS);
  const splits = Math.ceil(inner / step);
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * rows * outputs);
  const bindings = {
    0: gpu.scratchTexels("image", x, rows * inner),
    2: w,
    3: target,
    4: sizesOf(gpu, shape, step),
  };
  gpu.dispatch({ ...KERNEL, entry: "forward" }, bindings, [Math.ceil(tiles / WORKGROUP), splits]);
  if (target !== y) sumSplits(gpu, [target, y], { splits, length: rows * outputs });
}

/**
 * Records dx = dy · wᵀ, the gradient of Σ y·dy by x.
 *
 * dy  f32 [B, N]
 * w   f32 [K, N]
 * dx  f32 [B, K], written
 */
export function denseInputGrad(gpu: Gpu, [dy, w, dx]: Operands, shape: DenseShape): void {
  const { rows, inputs, outputs } = shape;
  const bindings = {
    1: gpu.scratchTexels("gradient", dy, rows * outputs / 4),
    2: w,
    3: dx,
    4: sizesOf(gpu, shape, 0),
  };
  const tiles = Math.ceil(rows / 4) * inputs / 4;
  gpu.dispatch({ ...KERNEL, entry: "input_grad" }, bindings, [Math.ceil(tiles / WORKGROUP)]);
}

/**
 * Records g = xᵀ · dy, the gradient of Σ y·dy by w.
 *
 * x   f32 [B, K]
 * dy  f32 [B, N]
 * g   f32 [K, N], written
 */
export function denseWeightGrad(gpu: Gpu, [x, dy, g]: Operands, shape: DenseShape): void {
  const { rows, inputs, outputs } = shape;
  const bindings = {
    0: gpu.scratchTexels("image", x, rows * inputs / 4),
    1: gpu.scratchTexels("gradient", dy, rows * outputs / 4),
    3: g,
    4: sizesOf(gpu, shape, 0),
  };
  const tiles = inputs / 4 * outputs / 4;
  gpu.dispatch({ ...KERNEL, entry: "weight_grad" }, bindings, grid(tiles / WORKGROUP));
}

function sizesOf(gpu: Gpu, { rows, inputs, outputs }: DenseShape, step: number): GPUBuffer {
  return gpu.uniforms([rows, inputs / 4, outputs / 4, step]);
}
