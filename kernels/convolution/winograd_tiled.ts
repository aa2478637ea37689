/**
 * Convolution with a 3x3 filter by Winograd's F(4x4, 3x3), for hardware: a quarter of the multiplications.
 * Tiles are transformed to 36 matrices [tiles, C], of which 36 products are made by tiles in workgroup memory.
 *
 * For each output pixel the transformations move 4.5·(C + N) numbers more than the convolution itself, and
 * 6.75·C·N multiplications are saved. At 30 TFLOP/s, as the tiles were measured at on an H200, and 3 TB/s of its
 * 4.8, the two take as long where C·N / (C + N) is 13, so from 27 channels to as many; from 512 to 512 it is 256.
 */

import type { ByFours } from "./conv2d.ts";
import {
  type Conv2dShape,
  NO_BORDER,
  type Operands,
  type Operation,
  outputSize,
  padChannels,
} from "./conv2d_shape.ts";
import { convolveTiled, OPERATIONS } from "./conv2d_tiled.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { sumSplits } from "./sum_splits.ts";
import { convolveBlocks, correlateBlocks, PLAIN } from "./tile_products.ts";
import type { Tile } from "./tiles.ts";
import { POINTS, type Tiling, tilingOf, transform } from "./winograd_transform.ts";

/**
 * Most bytes of transformed images, of transformed results, and of transformed filters: together with the sums
 * of the filter's gradient 256 MiB. A run of 512 channels then has 900 tiles, of which 36 products are some
 * thousand workgroups, so that what idles at the end of each stays small.
 */
const RUN_BYTES = 2 ** 26;

/** Whether a convolution can go this way: by 3x3, with filters that are within bounds when transformed. */
export function suitsWinogradTiled(shape: Conv2dShape): boolean {
  const { channels, filters } = padChannels(shape);
  const isSquare = shape.kernelHeight === 3 && shape.kernelWidth === 3;
  return isSquare && 4 * POINTS * channels * filters <= RUN_BYTES;
}

/**
 * As {@linkcode convolveTiled}, which takes what cannot go this way.
 *
 * @param runBytes Most bytes of transformed images, and of transformed results.
 */
export function convolveWinograd(
  gpu: Gpu,
  operation: Operation,
  operands: Operands,
  shape: Conv2dShape,
  tile: Tile,
  runBytes: number = RUN_BYTES,
): void {
  if (!suitsWinogradTiled(shape)) return convolveTiled(gpu, operation, operands, shape, tile);
  const product = operation === "conv2dFilterGrad" ? correlate : convolve;
  OPERATIONS[operation](gpu, operands, shape, (...given) => product(given, tile, runBytes));
}

/** The device, the buffers and the sizes of an operation, with channels and filters that are multiples of 4. */
type Given = Readonly<Parameters<ByFours>>;

/** y = x * f, for x with a border of zeros. */
function convolve(
  [gpu, [x, f, y], shape, border = NO_BORDER]: Given,
  tile: Tile,
  runBytes: number,
): void {
  const { height, width, channels, filters, top, left } = { ...shape, ...border };
  const framed = { ...shape, height: height + 2 * top, width: width + 2 * left };
  const tiling = tilingOf(...outputSize(framed));
  const weights = channels * filters;
  const taps = gpu.scratch("winograd taps", 4 * POINTS * weights);
  transform(gpu, "taps", f, taps, weights, { channels: weights });
  for (const { first, tiles } of runsOf(shape, tiling, runBytes)) {
    const image = gpu.scratch("winograd image", 4 * POINTS * tiles * channels);
    const cut = { ...tiling, height, width, channels, top, left, first };
    transform(gpu, "image", x, image, tiles * channels, cut);
    const product = gpu.scratch("winograd result", 4 * POINTS * tiles * filters);
    convolveBlocks(gpu, [image, taps, product], pixels(tiles, shape), plain(tile), PLAIN, POINTS);
    transform(gpu, "result", product, y, tiles * filters, { ...tiling, channels: filters, first });
  }
}

/** The gradient of Σ y·dy by f, where y = x * f. */
function correlate([gpu, [x, dy, g], shape]: Given, tile: Tile, runBytes: number): void {
  const { height, width, channels, filters } = shape;
  const tiling = tilingOf(...outputSize(shape));
  const size = POINTS * channels * filters;
  const sum = gpu.scratch("winograd sum", 4 * size);
  for (const { first, tiles } of runsOf(shape, tiling, runBytes)) {
    const image = gpu.scratch("winograd image", 4 * POINTS * tiles * channels);
    const cut = { ...tiling, height, width, channels, first };
    transform(gpu, "image", x, image, tiles * channels, cut);
    const gradient = gpu.scratch("winograd gradient", 4 * POINTS * tiles * filters);
    const place = { ...tiling, channels: filters, first };
    transform(gpu, "gradient", dy, gradient, tiles * filters, place);
    const target = first === 0 ? sum : gpu.scratch("winograd run", 4 * size);
    correlateBlocks(gpu, [image, gradient, target], pixels(tiles, shape), plain(tile), POINTS);
    if (target !== sum) sumSplits(gpu, [target, sum], { splits: 1, length: size }, { add: true });
  }
  const weights = channels * filters;
  transform(gpu, "taps_grad", sum, g, weights, { channels: weights });
}

/** Runs of tiles, through all images, that are transformed at a time; all of about the same size. */
function runsOf(
  { batch, channels, filters }: Conv2dShape,
  { rows, columns }: Tiling,
  runBytes: number,
): { first: number; tiles: number }[] {
  const all = batch * rows * columns;
  const most = Math.max(1, Math.floor(runBytes / (4 * POINTS * Math.max(channels, filters))));
  const count = Math.ceil(all / most);
  return Array.from({ length: count }, (_, run) => {
    // Rounded up, so that the first is the largest and scratch buffers need not grow.
    const [first, end] = [run, run + 1].map((at) => Math.ceil(at * all / count));
    return { first: first!, tiles: end! - first! };
  });
}

/** The product at one point, as a convolution of single pixels: tiles by channels times channels by filters. */
function pixels(tiles: number, { channels, filters }: Conv2dShape): Conv2dShape {
  return { batch: tiles, height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, channels, filters };
}

/** A tile without f16, of which the transformations would leave too little. */
function plain(tile: Tile): Tile {
  return { ...tile, half: false };
}
