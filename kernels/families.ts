/**
 * Which kernels may be the fastest for a shape: few, so that measuring them is short.
 *
 * @module
 */

import { type Conv2dShape, outputSize } from "./conv2d.ts";
import type { Family, Operation } from "./convolution.ts";
import type { Gpu } from "./gpu.ts";
import { type Tile, TILES } from "./tiles.ts";

/** Most candidates for a shape: compiling one takes 0.15 to 0.3 s with NVIDIA's driver. */
const MOST_CANDIDATES = 4;
/** What a load from memory costs beside one from workgroup memory, in the estimate. */
const MEMORY_COST = 4;

/**
 * The families worth measuring for an operation of a shape, the likeliest first. With f16 allowed, tiles
 * that hold halves come first, and the best one that does not is the last.
 */
export function candidateFamilies(
  { halfPrecision }: Gpu,
  operation: Operation,
  shape: Conv2dShape,
): Family[] {
  const size = productOf(operation, shape);
  const tiles = TILES.toSorted((a, b) => estimate(a, size) - estimate(b, size));
  if (!halfPrecision) return tiles.slice(0, MOST_CANDIDATES);
  const halves = tiles.map((tile) => ({ ...tile, half: true }));
  return [...halves.slice(0, MOST_CANDIDATES - 1), tiles[0]!];
}

/** Rows and columns of the product of matrices that an operation is. */
interface ProductSize {
  readonly rows: number;
  readonly columns: number;
}

function productOf(operation: Operation, shape: Conv2dShape): ProductSize {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
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

/** Loads for one number of the inner sum: of whole tiles, so that what lies past the end counts. */
function estimate({ rows, columns, down, across }: Tile, size: ProductSize): number {
  const [high, wide] = [rows * down, columns * across];
  const tiles = Math.ceil(size.rows / high) * Math.ceil(size.columns / wide);
  const loads = 1 / rows + 1 / columns + MEMORY_COST * (1 / high + 1 / wide);
  return tiles * high * wide * loads;
}
