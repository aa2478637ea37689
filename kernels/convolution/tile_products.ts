/**
 * The products of the kernels for hardware, by tiles in workgroup memory: a convolution and its filter's
 * gradient, for channels and filters that are multiples of 4; and many small ones at once.
 */

import {
  type Border,
  type Conv2dShape,
  NO_BORDER,
  type Operands,
  outputSize,
} from "./conv2d_shape.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { sumSplits } from "./sum_splits.ts";
import { divide, type Tile, tiledKernel } from "./tiles.ts";
import fma4 from "../wgsl/convolution/fma4.wgsl" with { type: "text" };
import block from "../wgsl/convolution/conv2d_tiled_block.wgsl" with { type: "text" };
import convolution from "../wgsl/convolution/conv2d_tiled.wgsl" with { type: "text" };
import filterGradSource from "../wgsl/convolution/conv2d_filter_grad_tiled.wgsl" with {
  type: "text",
};

/** How x is read: with a border of zeros, and whether it is a gradient. */
interface Reading extends Border {
  readonly gradient: boolean;
}

/** As it is. */
export const PLAIN: Reading = { ...NO_BORDER, gradient: false };

const CONVOLUTION = { label: "conv2d_tiled", source: convolution + block + fma4 };

/**
 * Records y = x * f. With `points`, as many convolutions of single pixels by filters of one tap at once, each
 * a product of matrices.
 *
 * x  f32 [B, H, W, C]        or [points, B, C]
 * f  f32 [KH, KW, C, N]      or [points, C, N]
 * y  f32 [B, OH, OW, N]      or [points, B, N], written
 */
export function convolveBlocks(
  gpu: Gpu,
  [x, f, y]: Operands,
  shape: Conv2dShape,
  tile: Tile,
  { top, left, gradient }: Reading,
  points: number = 1,
): void {
  const { batch, height, width, filters } = shape;
  const framed = { ...shape, height: height + 2 * top, width: width + 2 * left };
  const [outHeight, outWidth] = outputSize(framed);
  const rows = batch * outHeight * outWidth;
  const inner = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const { workgroups, step, splits } = divide(tile, { rows, columns: filters, inner }, points);
  const kernel = tiledKernel({ ...CONVOLUTION, gradient }, tile, {
    BORDER: top + left > 0 ? 1 : 0,
    FEW: shape.channels < 16 ? 1 : 0,
  });
  const sizes = [rows, step / 4, ...vectorsOf(shape, points, inner)];
  const places = [height, width, outHeight, outWidth, top, left];
  const flops = 2 * points * rows * inner * filters;
  const length = points * rows * filters;
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * length);
  gpu.dispatch(
    { ...kernel, flops },
    [x, f, target, gpu.uniforms([...sizes, ...places])],
    workgroups,
  );
  if (target !== y) sumSplits(gpu, [target, y], { splits, length }, { shared: true });
}

const FILTER_GRAD = {
  label: "conv2d_filter_grad_tiled",
  source: filterGradSource,
  gradient: true,
};

/**
 * Records the gradient of Σ y·dy by f, where y = x * f. With `points`, as many as in
 * {@linkcode convolveBlocks}.
 *
 * x   f32 [B, H, W, C]      or [points, B, C]
 * dy  f32 [B, OH, OW, N]    or [points, B, N]
 * g   f32 [KH, KW, C, N]    or [points, C, N], written
 */
export function correlateBlocks(
  gpu: Gpu,
  [x, dy, g]: Operands,
  shape: Conv2dShape,
  tile: Tile,
  points: number = 1,
): void {
  const { batch, filters: columns } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const rows = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const inner = batch * outHeight * outWidth;
  const { workgroups, step, splits } = divide(tile, { rows, columns, inner }, points);
  const places = { H: shape.height, W: shape.width, OH: outHeight, OW: outWidth };
  const kernel = tiledKernel(FILTER_GRAD, tile, places);
  const sizes = gpu.uniforms([inner, step, ...vectorsOf(shape, points, rows)]);
  const flops = 2 * points * rows * inner * columns;
  const length = points * rows * columns;
  const target = splits === 1 ? g : gpu.scratch("parts", 4 * splits * length);
  gpu.dispatch({ ...kernel, flops }, [x, dy, target, sizes], workgroups);
  if (target !== g) sumSplits(gpu, [target, g], { splits, length }, { shared: true });
}

/** Sizes that both shaders have in the same order; of the numbers of a window, and of a filter, `taps`. */
function vectorsOf(
  { channels, filters, kernelWidth }: Conv2dShape,
  points: number,
  taps: number,
): number[] {
  return [points, filters / 4, taps / 4, kernelWidth, channels / 4];
}
