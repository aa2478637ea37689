/**
 * Convolution and both gradients with tiles in workgroup memory: the family of kernels for hardware,
 * where what conv2d.ts does loses.
 *
 * Source: the blocked matrix product of GPUs (block, thread tile, prefetch), with the windows of a
 * convolution as the rows of one factor.
 *
 * @module
 */

import { conv2d, conv2dInputGrad } from "./conv2d.ts";
import { type Conv2dShape, NO_BORDER } from "./conv2d_shape.ts";
import { conv2dFilterGrad } from "./conv2d_filter_grad.ts";
import {
  asDenseTiled,
  denseInputGradTiled,
  denseTiled,
  denseWeightGradTiled,
} from "../dense_tiled.ts";
import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { convolveBlocks, correlateBlocks, PLAIN } from "./tile_products.ts";
import type { Tile } from "./tiles.ts";

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
    else convolveBlocks(gpu, x, f, y, shape, tile, PLAIN);
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
      convolveBlocks(gpu, dy, f, dx, shape, tile, { ...border, gradient: true }),
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
    else correlateBlocks(gpu, x, dy, g, shape, tile);
  });
}
