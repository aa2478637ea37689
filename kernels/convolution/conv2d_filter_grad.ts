/** Gradient of a convolution's filter on the GPU. */

import { denseWeightGrad } from "../dense.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { asDense, type ByFours, padImages } from "./conv2d.ts";
import {
  checkConv2d,
  type Conv2dShape,
  type Operands,
  outputSize,
  padChannels,
} from "./conv2d_shape.ts";
import { correlateTiles } from "./register_tiles.ts";
import { repack, sidesOf } from "./repack.ts";
import { suitsWinogradFilterGrad, winogradFilterGrad } from "./winograd.ts";

/**
 * Records the gradient of Σ y·dy by f, where y = x * f.
 *
 * x   f32 [B, H, W, C]
 * dy  f32 [B, OH, OW, N]
 * g   f32 [KH, KW, C, N], written
 *
 * @param byFours The kernel; channels and filters are padded for it.
 * @throws {RangeError} If the filter is larger than the image.
 */
export function conv2dFilterGrad(
  gpu: Gpu,
  [x, dy, g]: Operands,
  shape: Conv2dShape,
  byFours: ByFours = correlate,
): void {
  checkConv2d(shape);
  const padded = padChannels(shape);
  const [height, width] = outputSize(shape);
  const x4 = padImages(gpu, x, shape, padded.channels);
  const from = { ...shape, height, width, channels: shape.filters };
  const dy4 = padImages(gpu, dy, from, padded.filters, "gradient");
  if (x4 === x && dy4 === dy) return byFours(gpu, [x, dy, g], shape);
  const taps = shape.kernelHeight * shape.kernelWidth;
  const g4 = gpu.scratch("filter", 4 * taps * padded.channels * padded.filters);
  byFours(gpu, [x4, dy4, g4], padded);
  repack(gpu, g4, g, taps, sidesOf(padded), sidesOf(shape));
}

/** The gradient for channels and filters that are multiples of 4. */
function correlate(gpu: Gpu, [x, dy, g]: Operands, shape: Conv2dShape): void {
  const product = asDense(shape);
  if (product) return denseWeightGrad(gpu, [x, dy, g], product);
  if (suitsWinogradFilterGrad(shape)) return winogradFilterGrad(gpu, [x, dy, g], shape);
  const { batch, height, width, channels, filters } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const length = batch * outHeight * outWidth * filters;
  correlateTiles(gpu, [image, gpu.scratchTexels("gradient", dy, length / 4), g], shape);
}
