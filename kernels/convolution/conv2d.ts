/** Convolution on the GPU (stride 1, no padding, NHWC): the result and the gradient of its input. */

import { dense, denseInputGrad, type DenseShape } from "../dense.ts";
import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { MOST_ITERATIONS } from "../webgpu/kernel.ts";
import {
  type Border,
  checkConv2d,
  type Conv2dShape,
  NO_BORDER,
  type Operands,
  outputSize,
  padChannels,
} from "./conv2d_shape.ts";
import { convolveTiles } from "./register_tiles.ts";
import { repack, rotateFilter, sidesOf } from "./repack.ts";
import { suitsWinograd, winograd } from "./winograd.ts";

/** Up to as many rows a product costs its weights, which `dense.ts` loads anew for every four. */
const DENSE_ROWS = 32;

/**
 * Records a product for channels and filters that are multiples of 4; of a convolution with a border of
 * zeros around a where one is given.
 */
export type ByFours = (
  gpu: Gpu,
  operands: Operands,
  shape: Conv2dShape,
  border?: Border,
) => void;

/**
 * Records y = x * f.
 *
 * x  f32 [B, H, W, C]
 * f  f32 [KH, KW, C, N]
 * y  f32 [B, OH, OW, N], written
 *
 * @param byFours The kernel; channels and filters are padded for it.
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2d(
  gpu: Gpu,
  [x, f, y]: Operands,
  shape: Conv2dShape,
  byFours: ByFours = convolve,
): void {
  checkConv2d(shape);
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const taps = shape.kernelHeight * shape.kernelWidth;
  const x4 = padImages(gpu, x, shape, padded.channels);
  let f4 = f;
  if (padded.channels !== shape.channels || padded.filters !== shape.filters) {
    f4 = gpu.scratch("filter", 4 * taps * padded.channels * padded.filters);
    repack(gpu, f, f4, taps, sidesOf(shape), sidesOf(padded));
  }
  if (padded.filters === shape.filters) return byFours(gpu, [x4, f4, y], padded);
  const pixels = shape.batch * height * width;
  const y4 = gpu.scratch("output", 4 * pixels * padded.filters);
  byFours(gpu, [x4, f4, y4], padded);
  repack(gpu, y4, y, pixels, [1, padded.filters], [1, shape.filters]);
}

/**
 * Records the gradient of Σ y·dy by x, where y = x * f: dy with a border, convolved with f turned round.
 *
 * dy  f32 [B, OH, OW, N]
 * f   f32 [KH, KW, C, N]
 * dx  f32 [B, H, W, C], written
 *
 * @param byFours The kernel; channels and filters are padded for it.
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2dInputGrad(
  gpu: Gpu,
  [dy, f, dx]: Operands,
  shape: Conv2dShape,
  byFours: ByFours = convolve,
): void {
  checkConv2d(shape);
  const product = byFours === convolve ? asDense(shape) : null;
  if (product) return denseInputGrad(gpu, [dy, f, dx], product);
  const { kernelHeight, kernelWidth } = shape;
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const from = { ...shape, height, width, channels: shape.filters };
  const dy4 = padImages(gpu, dy, from, padded.filters);
  const taps = kernelHeight * kernelWidth;
  const rotated = gpu.scratch("rotated", 4 * taps * padded.filters * padded.channels);
  rotateFilter(gpu, f, rotated, shape, padded);
  const turned = { ...shape, height, width, channels: padded.filters, filters: padded.channels };
  const border = { top: kernelHeight - 1, left: kernelWidth - 1 };
  if (padded.channels === shape.channels) return byFours(gpu, [dy4, rotated, dx], turned, border);
  const pixels = shape.batch * shape.height * shape.width;
  const dx4 = gpu.scratch("output", 4 * pixels * padded.channels);
  byFours(gpu, [dy4, rotated, dx4], turned, border);
  repack(gpu, dx4, dx, pixels, [1, padded.channels], [1, shape.channels]);
}

/**
 * The shape as a product of few rows, or null: images of one pixel under filters of one tap, with
 * channels by fours.
 */
export function asDense(shape: Conv2dShape): DenseShape | null {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const isProduct = [height, width, kernelHeight, kernelWidth].every((size) => size === 1);
  const isByFours = channels % 4 === 0 && filters % 4 === 0;
  if (!isProduct || !isByFours) return null;
  if (batch > DENSE_ROWS && channels / 4 < MOST_ITERATIONS) return null;
  return { rows: batch, inputs: channels, outputs: filters };
}

/** x [B, H, W, C] with `channels` channels: itself, or a scratch copy if it has fewer. */
export function padImages(
  gpu: Gpu,
  x: Binding,
  shape: Pick<Conv2dShape, "batch" | "height" | "width" | "channels">,
  channels: number,
  slot = "input",
): Binding {
  if (channels === shape.channels) return x;
  const pixels = shape.batch * shape.height * shape.width;
  const copy = gpu.scratch(slot, 4 * pixels * channels);
  repack(gpu, x, copy, pixels, [1, shape.channels], [1, channels]);
  return copy;
}

/** y = x * f for channels and filters that are multiples of 4. */
function convolve(
  gpu: Gpu,
  [x, f, y]: Operands,
  shape: Conv2dShape,
  border: Border = NO_BORDER,
): void {
  const product = asDense(shape);
  if (product) return dense(gpu, [x, f, y], product);
  if (suitsWinograd(shape)) return winograd(gpu, [x, f, y], shape, border);
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const taps = kernelHeight * kernelWidth * channels * filters;
  convolveTiles(gpu, [image, gpu.scratchTexels("filter", f, taps / 4), y], shape, border);
}
