/**
 * Convolution on the GPU (stride 1, no padding, NHWC): the result and the gradient of its input.
 *
 * @module
 */

import { dense, denseInputGrad, type DenseShape } from "../dense.ts";
import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { MOST_ITERATIONS } from "../webgpu/kernel.ts";
import {
  type Border,
  checkConv2d,
  type Conv2dShape,
  NO_BORDER,
  outputSize,
  padChannels,
} from "./conv2d_shape.ts";
import { convolveTiles } from "./register_tiles.ts";
import { type ImageShape, repack, rotateFilter } from "./repack.ts";
import { suitsWinograd, winograd } from "./winograd.ts";

/** Up to as many rows a product costs its weights, which `dense.ts` loads anew for every four. */
const DENSE_ROWS = 32;

/**
 * Records a product for channels and filters that are multiples of 4; of a convolution with a border of
 * zeros around a where one is given.
 */
export type ByFours = (
  gpu: Gpu,
  a: Binding,
  b: Binding,
  out: Binding,
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
  x: Binding,
  f: Binding,
  y: Binding,
  shape: Conv2dShape,
  byFours: ByFours = convolve,
): void {
  checkConv2d(shape);
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const taps = { batch: shape.kernelHeight * shape.kernelWidth, width: 1 };
  const x4 = padImages(gpu, x, shape, padded.channels);
  let f4 = f;
  if (padded.channels !== shape.channels || padded.filters !== shape.filters) {
    f4 = gpu.scratch("filter", 4 * taps.batch * padded.channels * padded.filters);
    const from = { ...taps, height: shape.channels, channels: shape.filters };
    repack(gpu, f, f4, from, { height: padded.channels, width: 1, channels: padded.filters });
  }
  if (padded.filters === shape.filters) return byFours(gpu, x4, f4, y, padded);
  const out = { batch: shape.batch, height, width, channels: padded.filters };
  const y4 = gpu.scratch("output", 4 * shape.batch * height * width * padded.filters);
  byFours(gpu, x4, f4, y4, padded);
  repack(gpu, y4, y, out, { height, width, channels: shape.filters });
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
  dy: Binding,
  f: Binding,
  dx: Binding,
  shape: Conv2dShape,
  byFours: ByFours = convolve,
): void {
  checkConv2d(shape);
  const product = byFours === convolve ? asDense(shape) : null;
  if (product) return denseInputGrad(gpu, dy, f, dx, product);
  const { kernelHeight, kernelWidth } = shape;
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const from = { batch: shape.batch, height, width, channels: shape.filters };
  const dy4 = padImages(gpu, dy, from, padded.filters);
  const taps = kernelHeight * kernelWidth;
  const rotated = gpu.scratch("rotated", 4 * taps * padded.filters * padded.channels);
  rotateFilter(gpu, f, rotated, shape, padded);
  const turned = { ...shape, height, width, channels: padded.filters, filters: padded.channels };
  const border = { top: kernelHeight - 1, left: kernelWidth - 1 };
  if (padded.channels === shape.channels) return byFours(gpu, dy4, rotated, dx, turned, border);
  const dx4 = gpu.scratch("output", 4 * shape.batch * shape.height * shape.width * padded.channels);
  byFours(gpu, dy4, rotated, dx4, turned, border);
  repack(gpu, dx4, dx, { ...shape, channels: padded.channels }, shape);
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
export function padImages(gpu: Gpu, x: Binding, shape: ImageShape, channels: number): Binding {
  if (channels === shape.channels) return x;
  const { batch, height, width } = shape;
  const copy = gpu.scratch("input", 4 * batch * height * width * channels);
  repack(gpu, x, copy, shape, { height, width, channels });
  return copy;
}

/** y = x * f for channels and filters that are multiples of 4. */
function convolve(
  gpu: Gpu,
  x: Binding,
  f: Binding,
  y: Binding,
  shape: Conv2dShape,
  border: Border = NO_BORDER,
): void {
  const product = asDense(shape);
  if (product) return dense(gpu, x, f, y, product);
  if (suitsWinograd(shape)) return winograd(gpu, x, f, y, shape, border);
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const taps = kernelHeight * kernelWidth * channels * filters;
  convolveTiles(gpu, [image, gpu.scratchTexels("filter", f, taps / 4), y], shape, border);
}
