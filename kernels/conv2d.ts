/**
 * Convolution on the GPU (stride 1, no padding, NHWC): the result and the gradient of its input.
 *
 * @module
 */

import { dense, denseInputGrad, type DenseShape } from "./dense.ts";
import { type Binding, type Gpu, TEXEL_ROW } from "./gpu.ts";
import { MOST_ITERATIONS } from "./kernel.ts";
import { type ImageShape, repack, rotateFilter } from "./repack.ts";
import source from "./wgsl/conv2d.wgsl" with { type: "text" };
import texel from "./wgsl/texel.wgsl" with { type: "text" };

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
/** What a multiplication costs in a tile of 8 channels over one of 16 (measured on lavapipe). */
const NARROW_COST = 1.25;

/** Up to as many rows a product costs its weights, which `dense.ts` loads anew for every four. */
const DENSE_ROWS = 32;

/** Height and width of the output. */
export function outputSize(shape: Conv2dShape): [height: number, width: number] {
  return [shape.height - shape.kernelHeight + 1, shape.width - shape.kernelWidth + 1];
}

/**
 * Records y = x * f.
 *
 * x  f32 [B, H, W, C]
 * f  f32 [KH, KW, C, N]
 * y  f32 [B, OH, OW, N], written
 *
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2d(gpu: Gpu, x: Binding, f: Binding, y: Binding, shape: Conv2dShape): void {
  checkConv2d(shape);
  const product = asDense(shape);
  if (product) return dense(gpu, x, f, y, product);
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
  if (padded.filters === shape.filters) return convolve(gpu, x4, f4, y, padded);
  const out = { batch: shape.batch, height, width, channels: padded.filters };
  const y4 = gpu.scratch("output", 4 * shape.batch * height * width * padded.filters);
  convolve(gpu, x4, f4, y4, padded);
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
  const product = asDense(shape);
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
  if (padded.channels === shape.channels) return convolve(gpu, dy4, rotated, dx, turned, border);
  const dx4 = gpu.scratch("output", 4 * shape.batch * shape.height * shape.width * padded.channels);
  convolve(gpu, dy4, rotated, dx4, turned, border);
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

/** x [B, H, W, C] with `channels` channels: itself, or a scratch copy if it has fewer. */
export function padImages(gpu: Gpu, x: Binding, shape: ImageShape, channels: number): Binding {
  if (channels === shape.channels) return x;
  const { batch, height, width } = shape;
  const copy = gpu.scratch("input", 4 * batch * height * width * channels);
  repack(gpu, x, copy, shape, { height, width, channels });
  return copy;
}

/** Channels of a tile: 16 where that finishes sooner than 8, counting the channels they waste. */
export function tileChannels(filters: number): 8 | 16 {
  const wide = Math.ceil(filters / 16) * 16 <= Math.ceil(filters / 8) * 8 * NARROW_COST;
  return wide ? 16 : 8;
}

/**
 * The kernel itself, for channels and filters that are multiples of 4; with a border the image is taken
 * to be 0 around, twice as far as `top` and `left` say.
 */
function convolve(
  gpu: Gpu,
  x: Binding,
  f: Binding,
  y: Binding,
  shape: Conv2dShape,
  { top, left } = { top: 0, left: 0 },
): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const outHeight = height + 2 * top - kernelHeight + 1;
  const outWidth = width + 2 * left - kernelWidth + 1;
  if (top + left > 0 && channels > 4 * TEXEL_ROW) {
    // The row of zeros is what lies outside of the image.
    throw new RangeError(`Cannot convolve with a border: ${channels} channels are too many`);
  }
  const taps = kernelHeight * kernelWidth;
  if (taps * (channels / 4 + 1) > MOST_ITERATIONS) {
    throw new RangeError(`Cannot convolve: ${taps} taps of ${channels} channels are too many`);
  }
  const pixels = batch * outHeight * outWidth;
  const tile = tileChannels(filters);
  const sizes = [height, width, channels / 4, filters / 4, kernelHeight, kernelWidth];
  const settings = gpu.uniforms([...sizes, outHeight, outWidth, pixels, top, left]);
  const kernel = {
    label: "conv2d",
    source: source + texel,
    constants: { WIDE: tile === 16 ? 1 : 0, TEXEL_ROW },
  };
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const filter = gpu.scratchTexels(
    "filter",
    f,
    kernelHeight * kernelWidth * channels * filters / 4,
  );
  const tiles = Math.ceil(pixels / TILE_PIXELS) * Math.ceil(filters / tile);
  gpu.dispatch(kernel, [image, filter, y, settings], [Math.ceil(tiles / 8)]);
}
