/**
 * The products of the kernels for hardware, by tiles in workgroup memory: a convolution and its filter's
 * gradient, for channels and filters that are multiples of 4; and many small ones at once.
 *
 * @module
 */

import { type Conv2dShape, outputSize } from "./conv2d.ts";
import type { Binding, Gpu } from "./gpu.ts";
import { type Border, NO_BORDER } from "./register_tiles.ts";
import { sumManySplits } from "./sum_splits.ts";
import { divide, type Tile, tiledKernel } from "./tiles.ts";
import source from "./wgsl/conv2d_tiled.wgsl" with { type: "text" };
import filterGradSource from "./wgsl/conv2d_filter_grad_tiled.wgsl" with { type: "text" };

/** How x is read: with a border of zeros, and whether it is a gradient. */
export interface Reading extends Border {
  readonly gradient: boolean;
}

/** As it is. */
export const PLAIN: Reading = { ...NO_BORDER, gradient: false };

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
  x: Binding,
  f: Binding,
  y: Binding,
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
  const kernel = tiledKernel({ label: "conv2d_tiled", source, gradient }, tile, {
    ...geometry(shape, points),
    K4: inner / 4,
    OH: outHeight,
    OW: outWidth,
    TOP: top,
    LEFT: left,
  });
  const length = points * rows * filters;
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * length);
  gpu.dispatch(kernel, [x, f, target, gpu.uniforms([rows, step / 4])], workgroups);
  if (target !== y) sumManySplits(gpu, target, y, splits, length);
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
  x: Binding,
  dy: Binding,
  g: Binding,
  shape: Conv2dShape,
  tile: Tile,
  points: number = 1,
): void {
  const { batch, filters: columns } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const rows = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const inner = batch * outHeight * outWidth;
  const { workgroups, step, splits } = divide(tile, { rows, columns, inner }, points);
  const kernel = tiledKernel(FILTER_GRAD, tile, {
    ...geometry(shape, points),
    M4: rows / 4,
    OH: outHeight,
    OW: outWidth,
  });
  const length = points * rows * columns;
  const target = splits === 1 ? g : gpu.scratch("parts", 4 * splits * length);
  gpu.dispatch(kernel, [x, dy, target, gpu.uniforms([inner, step])], workgroups);
  if (target !== g) sumManySplits(gpu, target, g, splits, length);
}

/** The constants of both shaders that do not depend on the batch: a network has few of them. */
function geometry(shape: Conv2dShape, points: number) {
  const { height, width, channels, filters, kernelWidth } = shape;
  const vectors = { C4: channels / 4, N4: filters / 4 };
  return { POINTS: points, H: height, W: width, ...vectors, KW: kernelWidth };
}
