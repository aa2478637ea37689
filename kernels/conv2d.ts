/**
 * Convolution on the GPU (stride 1, no padding, NHWC): the result and the gradient of its input.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { type ImageShape, repack, rotateFilter } from "./repack.ts";
import { sumSplits } from "./sum_splits.ts";
import source from "./wgsl/conv2d.wgsl" with { type: "text" };

/** Sizes of a convolution: x [B, H, W, C] * f [KH, KW, C, N] is y [B, OH, OW, N]. */
export interface Conv2dShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** C: channels of x. */
  readonly channels: number;
  /** N: channels of y. */
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** Pixels in a register tile. */
const TILE_PIXELS = 16;
/** What a multiplication costs in a tile of 16 channels over one of 32 (measured on lavapipe). */
const NARROW_COST = 1.5;
/** Invocations that keep two cores and their vector lanes busy; below it the inner sum is split. */
const ENOUGH_INVOCATIONS = 512;
/** Fewest vectors of four that a split may have, so that adding up stays the smaller part. */
const LEAST_STEP = 64;

/** Height and width of the output. */
export function outputSize(shape: Conv2dShape): [height: number, width: number] {
  return [shape.height - shape.kernelHeight + 1, shape.width - shape.kernelWidth + 1];
}

/** Records a product for channels and filters that are multiples of 4. */
export type ByFours = (gpu: Gpu, a: Binding, b: Binding, out: Binding, shape: Conv2dShape) => void;

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
  const x4 = padded.channels === shape.channels ? x : padImages(gpu, x, shape, padded.channels);
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
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2dInputGrad(
  gpu: Gpu,
  dy: Binding,
  f: Binding,
  dx: Binding,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const { batch, kernelHeight, kernelWidth } = shape;
  const turned: Conv2dShape = {
    batch,
    height: height + 2 * (kernelHeight - 1),
    width: width + 2 * (kernelWidth - 1),
    channels: padded.filters,
    filters: shape.channels,
    kernelHeight,
    kernelWidth,
  };
  const border = gpu.scratch("border", 4 * batch * turned.height * turned.width * padded.filters);
  repack(gpu, dy, border, { batch, height, width, channels: shape.filters }, {
    ...turned,
    top: kernelHeight - 1,
    left: kernelWidth - 1,
  });
  const taps = kernelHeight * kernelWidth;
  const rotated = gpu.scratch("rotated", 4 * taps * padded.filters * padded.channels);
  // Only the channels of dy are padded here; conv2d pads those of dx if it must.
  rotateFilter(gpu, f, rotated, shape, { filters: padded.filters, channels: shape.channels });
  conv2d(gpu, border, rotated, dx, turned);
}

/** Throws if the filter does not fit into the image. */
export function checkConv2d(shape: Conv2dShape): void {
  const [height, width] = outputSize(shape);
  if (height >= 1 && width >= 1) return;
  throw new RangeError(
    `Cannot convolve: a ${shape.kernelHeight}x${shape.kernelWidth} filter is larger than the ` +
      `${shape.height}x${shape.width} image`,
  );
}

/** The shape with channels and filters rounded up to what the kernels read at once. */
export function padChannels(shape: Conv2dShape): Conv2dShape {
  const up = (count: number) => Math.ceil(count / 4) * 4;
  return { ...shape, channels: up(shape.channels), filters: up(shape.filters) };
}

/** A scratch copy of x [B, H, W, C] with `channels` channels. */
export function padImages(gpu: Gpu, x: Binding, shape: ImageShape, channels: number): Binding {
  const { batch, height, width } = shape;
  const copy = gpu.scratch("input", 4 * batch * height * width * channels);
  repack(gpu, x, copy, shape, { height, width, channels });
  return copy;
}

/** Channels of a tile: 32 where that finishes sooner than 16, counting the channels they waste. */
export function tileChannels(filters: number): 16 | 32 {
  const wide = Math.ceil(filters / 32) * 32 <= Math.ceil(filters / 16) * 16 * NARROW_COST;
  return wide ? 32 : 16;
}

/** What both convolution shaders' `Sizes` begin with, for channels that are multiples of 4. */
export function commonSizes(shape: Conv2dShape): number[] {
  const { height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const row = kernelWidth * channels / 4;
  return [height, width, channels / 4, filters / 4, kernelHeight, row, ...outputSize(shape)];
}

/** The kernel itself, for channels and filters that are multiples of 4. */
function convolve(gpu: Gpu, x: Binding, f: Binding, y: Binding, shape: Conv2dShape): void {
  const [outHeight, outWidth] = outputSize(shape);
  const pixels = shape.batch * outHeight * outWidth;
  const channels = tileChannels(shape.filters);
  const tiles = Math.ceil(pixels / TILE_PIXELS) * Math.ceil(shape.filters / channels);
  const inner = shape.kernelHeight * shape.kernelWidth * shape.channels / 4;
  const wanted = Math.ceil(ENOUGH_INVOCATIONS / tiles);
  const step = Math.max(Math.ceil(inner / wanted), Math.min(LEAST_STEP, inner));
  const splits = Math.ceil(inner / step);
  const size = pixels * shape.filters;
  const target = splits === 1 ? y : gpu.scratch("parts", 4 * splits * size);
  const sizes = gpu.uniforms([...commonSizes(shape), pixels, step]);
  const constants = { WIDE: channels === 32 ? 1 : 0 };
  gpu.dispatch({ label: "conv2d", source, constants }, [x, f, target, sizes], [
    Math.ceil(tiles / 8),
    splits,
  ]);
  if (target !== y) sumSplits(gpu, target, y, splits, size);
}
