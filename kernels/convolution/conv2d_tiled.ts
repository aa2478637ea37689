/**
 * Convolution and both gradients with tiles in workgroup memory: the family of kernels for hardware,
 * where what conv2d.ts does loses.
 *
 * Source: the blocked matrix product of GPUs (block, thread tile, prefetch), with the windows of a
 * convolution as the rows of one factor.
 */

import { type ByFours, conv2d, conv2dInputGrad } from "./conv2d.ts";
import { conv2dFilterGrad } from "./conv2d_filter_grad.ts";
import { type Conv2dShape, NO_BORDER, type Operands, type Operation } from "./conv2d_shape.ts";
import {
  asDenseTiled,
  denseInputGradTiled,
  denseTiled,
  denseWeightGradTiled,
} from "../dense_tiled.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { convolveBlocks, correlateBlocks, PLAIN } from "./tile_products.ts";
import type { Tile } from "./tiles.ts";

/** The operations, for kernels that take channels and filters by fours. */
export const OPERATIONS = { conv2d, conv2dInputGrad, conv2dFilterGrad } as const;

/**
 * Records an operation, whose buffers are those of {@linkcode conv2d}, {@linkcode conv2dInputGrad} and
 * {@linkcode conv2dFilterGrad}. A product of few rows takes no tile: see `dense_tiled.ts`. The gradient of the
 * input reads dy as if it had a border of zeros, so that no copy with one is made.
 */
export function convolveTiled(
  gpu: Gpu,
  operation: Operation,
  operands: Operands,
  shape: Conv2dShape,
  tile: Tile,
): void {
  const product = asDenseTiled(shape);
  if (product && operation === "conv2dInputGrad") {
    return denseInputGradTiled(gpu, operands, product);
  }
  OPERATIONS[operation](gpu, operands, shape, productsBy(tile)[operation]);
}

function productsBy(tile: Tile): Record<Operation, ByFours> {
  return {
    conv2d: (gpu, operands, shape) => {
      const product = asDenseTiled(shape);
      if (product) denseTiled(gpu, operands, product);
      else convolveBlocks(gpu, operands, shape, tile, PLAIN);
    },
    conv2dInputGrad: (gpu, operands, shape, border = NO_BORDER) =>
      convolveBlocks(gpu, operands, shape, tile, { ...border, gradient: true }),
    conv2dFilterGrad: (gpu, operands, shape) => {
      const product = asDenseTiled(shape);
      if (product) denseWeightGradTiled(gpu, operands, product);
      else correlateBlocks(gpu, operands, shape, tile);
    },
  };
}
