/** Which families of kernels are worth measuring for a shape. */

import { type Conv2dShape, outputSize, padChannels } from "../convolution/conv2d_shape.ts";
import type { Family, Operation } from "../convolution.ts";
import { asDenseTiled } from "../dense_tiled.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { DEFAULT_TILE, type Tile, TILES } from "../convolution/tiles.ts";
import { suitsWinogradTiled } from "../convolution/winograd_tiled.ts";

/** Most families for one shape: each costs a compilation of some tenths of a second. */
const MOST = 4;
/** Rows of blocks that go together where that is tried: with as many columns they load the least. */
const GROUP = 8;
/** Columns of blocks from which it is. */
const LEAST_COLUMNS = 4;
/** What a multiplication's loads cost by the side of a block: of 64 x 64, half of the multiplication. */
const LOAD_COST = 16;
/**
 * Least C·N / (C + N) for which Winograd's way is tried: 32 channels and as many filters, somewhat above where
 * it breaks even by the figures in `winograd_tiled.ts`.
 */
const LEAST_SAVING = 16;

/**
 * The families that an operation of a shape may be fastest on, the likeliest first. One alone needs no
 * measurement: on software, and for a product of few rows, which every tile leaves to `dense_tiled.ts`.
 */
export function candidateFamilies(
  { isFallback, halfPrecision }: Pick<Gpu, "isFallback" | "halfPrecision">,
  operation: Operation,
  shape: Conv2dShape,
): Family[] {
  if (isFallback) return ["registers"];
  const half = (tile: Tile): Tile => ({ ...tile, half: true });
  if (asDenseTiled(padChannels(shape))) return [halfPrecision ? half(DEFAULT_TILE) : DEFAULT_TILE];
  const size = productOf(operation, shape);
  const [best, second] = byCost(size) as [Tile, Tile];
  const other = best === DEFAULT_TILE ? second : DEFAULT_TILE;
  const isWide = size.columns > (LEAST_COLUMNS - 1) * other.columns * other.across;
  const plain = [best, isWide ? { ...other, group: GROUP } : other];
  const winograd = [best, other].map((tile): Tile => ({ ...tile, winograd: true }));
  return [
    ...(savesByWinograd(shape) ? winograd : []),
    ...(halfPrecision ? plain.map(half) : []),
    ...plain,
  ].slice(0, MOST);
}

/** Whether Winograd's way may save more than it costs. */
function savesByWinograd(shape: Conv2dShape): boolean {
  const { channels, filters } = padChannels(shape);
  return suitsWinogradTiled(shape) && channels * filters >= LEAST_SAVING * (channels + filters);
}

/** Rows and columns of an operation as a product of matrices. */
function productOf(operation: Operation, shape: Conv2dShape): Record<"rows" | "columns", number> {
  const { batch, height, width, kernelHeight, kernelWidth } = shape;
  const { channels, filters } = padChannels(shape);
  const [outHeight, outWidth] = outputSize(shape);
  switch (operation) {
    case "conv2d":
      return { rows: batch * outHeight * outWidth, columns: filters };
    case "conv2dInputGrad":
      return { rows: batch * height * width, columns: channels };
    case "conv2dFilterGrad":
      return { rows: kernelHeight * kernelWidth * channels, columns: filters };
  }
}

/** The tiles, those first that waste least by what lies past the end of the product and by loads. */
function byCost(size: Record<"rows" | "columns", number>): Tile[] {
  const cost = ({ rows, columns, down, across }: Tile) => {
    const [high, wide] = [rows * down, columns * across];
    const made = Math.ceil(size.rows / high) * high * Math.ceil(size.columns / wide) * wide;
    return made * (1 + LOAD_COST / high + LOAD_COST / wide);
  };
  return TILES.toSorted((one, other) => cost(one) - cost(other));
}
