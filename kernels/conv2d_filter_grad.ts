/**
 * Gradient of a convolution's filter on the GPU.
 *
 * @module
 */

import { denseWeightGrad } from "./dense.ts";
import { type Binding, type Gpu, TEXEL_ROW } from "./gpu.ts";
import {
  asDense,
  checkConv2d,
  type Conv2dShape,
  outputSize,
  padChannels,
  padImages,
  tileChannels,
} from "./conv2d.ts";
import { MOST_ITERATIONS } from "./kernel.ts";
import { repack } from "./repack.ts";
import { sumSplits } from "./sum_splits.ts";
import source from "./wgsl/conv2d_filter_grad.wgsl" with { type: "text" };
import texel from "./wgsl/texel.wgsl" with { type: "text" };

/** Invocations that keep two cores and their vector lanes busy; below it the rows are split. */
const ENOUGH_INVOCATIONS = 256;

/**
 * Records the gradient of Σ y·dy by f, where y = x * f.
 *
 * x   f32 [B, H, W, C]
 * dy  f32 [B, OH, OW, N]
 * g   f32 [KH, KW, C, N], written
 *
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2dFilterGrad(
  gpu: Gpu,
  x: Binding,
  dy: Binding,
  g: Binding,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  const product = asDense(shape);
  if (product) return denseWeightGrad(gpu, x, dy, g, product);
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const x4 = padImages(gpu, x, shape, padded.channels);
  let dy4 = dy;
  if (padded.filters !== shape.filters) {
    const from = { batch: shape.batch, height, width, channels: shape.filters };
    dy4 = gpu.scratch("gradient", 4 * shape.batch * height * width * padded.filters);
    repack(gpu, dy, dy4, from, { height, width, channels: padded.filters });
  }
  if (x4 === x && dy4 === dy) return correlate(gpu, x, dy, g, shape);
  const taps = shape.kernelHeight * shape.kernelWidth;
  const g4 = gpu.scratch("filter", 4 * taps * padded.channels * padded.filters);
  correlate(gpu, x4, dy4, g4, padded);
  repack(
    gpu,
    g4,
    g,
    { batch: taps, height: padded.channels, width: 1, channels: padded.filters },
    { height: shape.channels, width: 1, channels: shape.filters },
  );
}

/** The kernel itself, for channels and filters that are multiples of 4. */
function correlate(gpu: Gpu, x: Binding, dy: Binding, g: Binding, shape: Conv2dShape): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const rows = batch * outHeight;
  const row = kernelWidth * channels;
  const tile = tileChannels(filters);
  const tiles = kernelHeight * Math.ceil(row / 16) * Math.ceil(filters / tile);
  const most = Math.floor(MOST_ITERATIONS / (Math.ceil(outWidth / 4) + 1));
  if (most === 0) throw new RangeError(`Cannot convolve: ${outWidth} columns are too many`);
  const step = Math.min(Math.ceil(rows / Math.ceil(ENOUGH_INVOCATIONS / tiles)), most);
  const splits = Math.ceil(rows / step);
  const size = kernelHeight * row * filters;
  const target = splits === 1 ? g : gpu.scratch("parts", 4 * splits * size);
  const sizes = [height, width, channels / 4, filters / 4, kernelHeight, row / 4];
  const settings = gpu.uniforms([...sizes, outHeight, outWidth, rows, step]);
  const constants = { WIDE: tile === 16 ? 1 : 0, TEXEL_ROW };
  const kernel = { label: "conv2d_filter_grad", source: source + texel, constants };
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const gradient = gpu.scratchTexels("gradient", dy, rows * outWidth * filters / 4);
  gpu.dispatch(kernel, [image, gradient, target, settings], [Math.ceil(tiles / 8), splits]);
  if (target !== g) sumSplits(gpu, target, g, splits, size);
}
