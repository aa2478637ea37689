/**
 * Convolution with a 3x3 filter by Winograd's F(4x4, 3x3), for software: a quarter of the multiplications, for
 * two transformations of all numbers. Used for the result, the input's gradient and the filter's.
 *
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (points 0, ±1, ±2, ∞).
 */

import {
  type Border,
  type Conv2dShape,
  NO_BORDER,
  type Operands,
  outputSize,
} from "./conv2d_shape.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { convolveTiles, correlateTiles } from "./register_tiles.ts";
import { sumSplits } from "./sum_splits.ts";
import { type Place, POINTS, type Tiling, tilingOf, transform } from "./winograd_transform.ts";

/**
 * Bytes of transformed tiles that are made at a time: few enough to stay in the caches until they are
 * multiplied (measured on lavapipe: a step takes 0.50 s of two cores, with 64 MiB as long as without
 * Winograd, 0.57 s).
 */
const RUN_BYTES = 2 ** 21;
/**
 * Fewest channels and filters for which that wins (measured on lavapipe): from 8 channels to 24 filters it
 * takes 8 ms in place of 6, from 24 to 40 it takes 12 in place of 14, from 64 to 64 it takes 25 in place of 41.
 */
const LEAST_CHANNELS = 24;

/** Bytes of the sums that the filter's gradient leaves of each run of tiles. */
const PARTS_BYTES = 2 ** 25;
/** Fewest runs that must fit there; then the tiles of a run are fewer numbers than the images. */
const LEAST_PARTS = 8;

/** Whether a convolution is faster this way. */
export function suitsWinograd(shape: Conv2dShape): boolean {
  const { channels, filters, kernelHeight, kernelWidth } = shape;
  return kernelHeight === 3 && kernelWidth === 3 && Math.min(channels, filters) >= LEAST_CHANNELS;
}

/** Whether the gradient of its filter is, too. */
export function suitsWinogradFilterGrad(shape: Conv2dShape): boolean {
  return suitsWinograd(shape) && partsOf(shape) >= LEAST_PARTS;
}

/**
 * Records y = x * f; C and N are multiples of 4.
 *
 * x  f32 [B, H, W, C]
 * f  f32 [3, 3, C, N]
 * y  f32 [B, OH, OW, N], written
 */
export function winograd(
  gpu: Gpu,
  [x, f, y]: Operands,
  shape: Conv2dShape,
  border: Border = NO_BORDER,
): void {
  const { batch, height, width, channels, filters } = shape;
  const [outHeight, outWidth] = outputSize(shape, border);
  const tiling = tilingOf(outHeight, outWidth);
  const taps = gpu.scratchTexels("filter", f, 9 * channels * filters / 4);
  const weights = channels * filters;
  const spreadTaps = spread(gpu, "taps", taps, weights, { channels: weights });
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  for (const { first, tiles } of runsOf(shape, tiling)) {
    const cut = { ...tiling, height, width, ...border, first };
    const spreadImage = spread(gpu, "image", image, tiles * channels, { channels, ...cut });
    const product = gpu.scratch("winograd result", 4 * POINTS * tiles * filters);
    const operands = [spreadImage, spreadTaps, product] as const;
    convolveTiles(gpu, operands, productOf(tiles, shape), NO_BORDER, POINTS);
    const sums = gpu.scratchTexels("winograd result", product, POINTS * tiles * filters / 4);
    const paste = { channels: filters, ...tiling, first };
    transform(gpu, "result", sums, y, tiles * filters, paste);
  }
}

/**
 * Records the gradient of Σ y·dy by f, where y = x * f; C and N are multiples of 4.
 *
 * x   f32 [B, H, W, C]
 * dy  f32 [B, OH, OW, N]
 * g   f32 [3, 3, C, N], written
 */
export function winogradFilterGrad(
  gpu: Gpu,
  [x, dy, g]: Operands,
  shape: Conv2dShape,
): void {
  const { batch, height, width, channels, filters } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const tiling = tilingOf(outHeight, outWidth);
  const image = gpu.scratchTexels("image", x, batch * height * width * channels / 4);
  const gradient = gpu.scratchTexels("gradient", dy, batch * outHeight * outWidth * filters / 4);
  const runs = runsOf(shape, tiling, partsOf(shape));
  const size = POINTS * channels * filters;
  const { buffer } = gpu.scratch("winograd parts", 4 * runs.length * size);
  for (const [run, { first, tiles }] of runs.entries()) {
    const cut = { ...tiling, height, width, first };
    const spreadImage = spread(gpu, "image", image, tiles * channels, { channels, ...cut });
    const of = { channels: filters, ...tiling, first };
    const spreadGradient = spread(gpu, "gradient", gradient, tiles * filters, of);
    const part = { buffer, offset: 4 * run * size, size: 4 * size };
    correlateTiles(gpu, [spreadImage, spreadGradient, part], productOf(tiles, shape), POINTS);
  }
  const sum = gpu.scratch("winograd sum", 4 * size);
  const parts = { buffer, size: 4 * runs.length * size };
  sumSplits(gpu, [parts, sum], { splits: runs.length, length: size });
  const points = gpu.scratchTexels("filter", sum, size / 4);
  transform(gpu, "taps_grad", points, g, channels * filters, { channels: channels * filters });
}

/** Records a transformation to 36 numbers a tile into a scratch texture. */
function spread(
  gpu: Gpu,
  entry: "image" | "taps" | "gradient",
  from: GPUTextureView,
  numbers: number,
  place: Place,
): GPUTextureView {
  const slot = `winograd ${entry}`;
  const to = gpu.scratch(slot, 4 * POINTS * numbers);
  transform(gpu, entry, from, to, numbers, place);
  return gpu.scratchTexels(slot, to, POINTS * numbers / 4);
}

/** Runs of tiles, through all images, that are made at a time. */
function runsOf(
  { batch, channels, filters }: Conv2dShape,
  { rows, columns }: Tiling,
  most = Infinity,
): { first: number; tiles: number }[] {
  const all = batch * rows * columns;
  const cached = Math.floor(RUN_BYTES / (4 * POINTS * Math.max(channels, filters)));
  const length = Math.max(1, cached, Math.ceil(all / most));
  return Array.from({ length: Math.ceil(all / length) }, (_, run) => ({
    first: run * length,
    tiles: Math.min(length, all - run * length),
  }));
}

/** How many runs' sums there is room for. */
function partsOf({ channels, filters }: Conv2dShape): number {
  return Math.floor(PARTS_BYTES / (4 * POINTS * channels * filters));
}

/** The product at one point: tiles by channels times channels by filters. */
function productOf(tiles: number, { channels, filters }: Conv2dShape): Conv2dShape {
  const one = { batch: 1, height: 1, kernelHeight: 1, kernelWidth: 1 };
  return { ...one, width: tiles, channels, filters };
}
