/**
 * Convolution and both gradients with tiles in workgroup memory: the family of kernels for hardware,
 * where what conv2d.ts does loses.
 *
 * Source: the blocked matrix product of GPUs (block, thread tile, prefetch), with the windows of a
 * convolution as the rows of one factor.
 *
 * @module
 */

import { conv2d, conv2dInputGrad, type Conv2dShape, outputSize } from "./conv2d.ts";
import { conv2dFilterGrad } from "./conv2d_filter_grad.ts";
import {
  asDenseTiled,
  denseInputGradTiled,
  denseTiled,
  denseWeightGradTiled,
} from "./dense_tiled.ts";
import type { Binding, Gpu } from "./gpu.ts";
import { type Border, NO_BORDER } from "./register_tiles.ts";
import { sumManySplits } from "./sum_splits.ts";
import { divide, type Tile, tiledKernel } from "./tiles.ts";
import source from "./wgsl/conv2d_tiled.wgsl" with { type: "text" };
import filterGradSource from "./wgsl/conv2d_filter_grad_tiled.wgsl" with { type: "text" };

/** As {@linkcode conv2d}. A product of few rows takes no tile: see `dense_tiled.ts`. */
export function conv2dTiled(
  gpu: Gpu,
  x: Binding,
  f: Binding,
  y: Binding,
  shape: Conv2dShape,
  tile: Tile,
): void {
  conv2d(gpu, x, f, y, shape, (gpu, x, f, y, shape) => {
    const product = asDenseTiled(shape);
    if (product) denseTiled(gpu, x, f, y, product);
    else convolve(gpu, x, f, y, shape, tile, PLAIN);
  });
}

/**
 * As {@linkcode conv2dInputGrad}: dy is read as if it had a border of zeros, so that no copy with one is
 * made.
 */
export function conv2dInputGradTiled(
  gpu: Gpu,
  dy: Binding,
  f: Binding,
  dx: Binding,
  shape: Conv2dShape,
  tile: Tile,
): void {
  const product = asDenseTiled(shape);
  if (product) return denseInputGradTiled(gpu, dy, f, dx, product);
  conv2dInputGrad(
    gpu,
    dy,
    f,
    dx,
    shape,
    (gpu, dy, f, dx, shape, border = NO_BORDER) =>
      convolve(gpu, dy, f, dx, shape, tile, { ...border, gradient: true }),
  );
}

/** As {@linkcode conv2dFilterGrad}. */
export function conv2dFilterGradTiled(
  gpu: Gpu,
  x: Binding,
  dy: Binding,
  g: Binding,
  shape: Conv2dShape,
  tile: Tile,
): void {
  conv2dFilterGrad(gpu, x, dy, g, shape, (gpu, x, dy, g, shape) => {
    const product = asDenseTiled(shape);
    if (product) denseWeightGradTiled(gpu, x, dy, g, product);
    else correlate(gpu, x, dy, g, shape, tile);
  });
}

/** How x is read: with a border of zeros, and whether it is a gradient. */
interface Reading extends Border {
  readonly gradient: boolean;
}

const PLAIN: Reading = { ...NO_BORDER, gradient: false };

/** The kernel itself, for channels and filters that are multiples of 4. */
function convolve(
  gpu: Gpu,
  x: Binding,
  f: Binding,
  y: Binding,
  shape: Conv2dShape,
  tile: Tile,
  { top, left, gradient }: Reading,
): void {
  const { batch, height, width, filters } = shape;
  const framed = { ...shape, height: height + 2 * top, width: width + 2 * left };
  const [outHeight, outWidth] = outputSize(framed);
  const rows = batch * outHeight * outWidth;
  const inner = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const { workgroups, step, splits } = divide(tile, { rows, columns: filters, inner });
  const kernel = tiledKernel({ label: "conv2d_tiled", source, gradient }, tile, {
    ...geometry(shape),
    K4: inner / 4,
    OH: outHeight,
    OW: outWidth,
    TOP: top,
    LEFT: left,
  });
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * rows * filters);
  gpu.dispatch(kernel, [x, f, target, gpu.uniforms([rows, step / 4])], workgroups);
  if (target !== y) sumManySplits(gpu, target, y, splits, rows * filters);
}

const FILTER_GRAD = {
  label: "conv2d_filter_grad_tiled",
  source: filterGradSource,
  gradient: true,
};

/** The filter gradient's kernel itself, for channels and filters that are multiples of 4. */
function correlate(
  gpu: Gpu,
  x: Binding,
  dy: Binding,
  g: Binding,
  shape: Conv2dShape,
  tile: Tile,
): void {
  const [outHeight, outWidth] = outputSize(shape);
  const rows = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const inner = shape.batch * outHeight * outWidth;
  const { workgroups, step, splits } = divide(tile, { rows, columns: shape.filters, inner });
  const kernel = tiledKernel(FILTER_GRAD, tile, {
    ...geometry(shape),
    M4: rows / 4,
    OH: outHeight,
    OW: outWidth,
  });
  const target = splits === 1 ? g : gpu.scratch("parts", 4 * splits * rows * shape.filters);
  gpu.dispatch(kernel, [x, dy, target, gpu.uniforms([inner, step])], workgroups);
  if (target !== g) sumManySplits(gpu, target, g, splits, rows * shape.filters);
}

/** The constants of both shaders that do not depend on the batch: a network has few of them. */
function geometry({ height, width, channels, filters, kernelWidth }: Conv2dShape) {
  return { H: height, W: width, C4: channels / 4, N4: filters / 4, KW: kernelWidth };
}
