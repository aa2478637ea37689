/** Convolutions and their filters' gradients by tiles in registers, for operands in texels. */

import { type Border, type Conv2dShape, NO_BORDER, outputSize } from "./conv2d_shape.ts";
import { TEXEL_ROW } from "../webgpu/device_memory.ts";
import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { MOST_ITERATIONS } from "../webgpu/kernel.ts";
import { sumSplits } from "./sum_splits.ts";
import convolution from "../wgsl/convolution/conv2d.wgsl" with { type: "text" };
import correlation from "../wgsl/convolution/conv2d_filter_grad.wgsl" with { type: "text" };
import fma4 from "../wgsl/convolution/fma4.wgsl" with { type: "text" };
import texel from "../wgsl/convolution/texel.wgsl" with { type: "text" };

/** Pixels in a tile. */
const TILE_PIXELS = 16;
/** What a multiplication costs in a tile of 8 channels over one of 16 (measured on lavapipe). */
const NARROW_COST = 1.25;
/** Invocations that keep two cores and their vector lanes busy; below it the rows are split. */
const ENOUGH_INVOCATIONS = 256;

/**
 * Records y = x * f for each of G groups; C and N are multiples of 4.
 *
 * x  f32 [B, H, W, G, C]     as texels
 * f  f32 [G, KH, KW, C, N]   as texels
 * y  f32 [B, OH, OW, G, N]   written
 *
 * @throws {RangeError} If there are more channels than the kernel can count.
 */
export function convolveTiles(
  gpu: Gpu,
  [x, f, y]: readonly [GPUTextureView, GPUTextureView, Binding],
  shape: Conv2dShape,
  border: Border = NO_BORDER,
  groups = 1,
): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const taps = kernelHeight * kernelWidth;
  // What lies outside of the image is the row of zeros.
  const isTooLong = border.top + border.left > 0 && channels / 4 > TEXEL_ROW;
  if (isTooLong || taps * (channels / 4 + 1) > MOST_ITERATIONS) {
    throw new RangeError(`Cannot convolve: ${taps} taps of ${channels} channels are too many`);
  }
  const [outHeight, outWidth] = outputSize(shape, border);
  const pixels = batch * outHeight * outWidth;
  const tile = tileChannels(filters);
  const sizes = [height, width, channels / 4, filters / 4, kernelHeight, kernelWidth];
  const settings = gpu.uniforms([
    ...[...sizes, outHeight, outWidth, pixels, border.top, border.left, groups],
  ]);
  const tiles = Math.ceil(pixels / TILE_PIXELS) * Math.ceil(filters / tile);
  gpu.dispatch(kernelOf("conv2d", convolution, tile), [x, f, y, settings], [
    Math.ceil(tiles / 8),
    groups,
  ]);
}

/**
 * Records the gradient of Σ y·dy by f, where y = x * f, for each of G groups, which must be one if
 * KW is not; C and N are multiples of 4.
 *
 * x   f32 [B, H, W, G, C]     as texels
 * dy  f32 [B, OH, OW, G, N]   as texels
 * g   f32 [G, KH, KW, C, N]   written
 *
 * @throws {RangeError} If a row of dy is longer than the kernel can count.
 */
export function correlateTiles(
  gpu: Gpu,
  [x, dy, g]: readonly [GPUTextureView, GPUTextureView, Binding],
  shape: Conv2dShape,
  groups = 1,
): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const rows = batch * outHeight;
  const row = kernelWidth * channels;
  const tile = tileChannels(filters);
  const tiles = kernelHeight * Math.ceil(row / 16) * Math.ceil(filters / tile);
  const most = Math.floor(MOST_ITERATIONS / (Math.ceil(outWidth / 4) + 1));
  if (most === 0) throw new RangeError(`Cannot convolve: ${outWidth} columns are too many`);
  const step = Math.min(Math.ceil(rows / Math.ceil(ENOUGH_INVOCATIONS / tiles / groups)), most);
  const splits = Math.ceil(rows / step);
  const size = groups * kernelHeight * row * filters;
  const target = splits === 1 ? g : gpu.scratch("parts", 4 * splits * size);
  const sizes = [height, width, channels / 4, filters / 4, kernelHeight, row / 4];
  const settings = gpu.uniforms([...sizes, outHeight, outWidth, rows, step]);
  gpu.dispatch(kernelOf("conv2d_filter_grad", correlation, tile), [x, dy, target, settings], [
    Math.ceil(tiles / 8),
    splits,
    groups,
  ]);
  if (target !== g) sumSplits(gpu, [target, g], { splits, length: size });
}

function kernelOf(label: string, source: string, tile: 8 | 16) {
  return {
    label,
    source: source + texel + fma4,
    constants: { WIDE: tile === 16 ? 1 : 0, TEXEL_ROW },
  };
}

/** Channels of a tile: 16 where that finishes sooner than 8, counting the channels they waste. */
function tileChannels(filters: number): 8 | 16 {
  const wide = Math.ceil(filters / 16) * 16 <= Math.ceil(filters / 8) * 8 * NARROW_COST;
  return wide ? 16 : 8;
}
