/**
 * How far Winograd's F(4x4, 3x3) may be off, for the tests of the kernels that use it.
 *
 * A result is a sum over points of what a transformation makes of products of transformed numbers. Rounding
 * errs by up to 2⁻²⁴ of a number each time, one way as often as the other, so the errors of a sum of n products
 * add up like the steps of a random walk: √n of them, not n. (A bound for every input would be linear in n,
 * and hundreds of times what comes about.) The numbers at the points are larger than the result, in which they
 * partly cancel each other; their errors do not, so all is multiplied by the growth: the square root of
 *
 *   Σ over points of (what is given back)² · E[(the product at the point)²]  /  E[(the result)²]
 *
 * for independent random factors, in either direction of the image, at the result's worst place.
 */

import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";

/** Bᵀ, which spreads six numbers of the image; G, three taps; Aᵀ, which folds six points to four results. */
const IMAGE = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const TAPS = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const RESULT = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]];

/** Roundings in both ways of the transformations, in either direction: five or six operations each. */
const TRANSFORMATIONS = 32;

/** Largest difference allowed, as a share of the largest expected number, of a sum of n transformed products. */
function tolerance(products: number, growth: number): number {
  return 2 ** -24 * growth * Math.sqrt(products + TRANSFORMATIONS);
}

/** For a result: as many products as there are channels. */
export function resultTolerance({ channels }: Pick<Conv2dShape, "channels">): number {
  return tolerance(channels, growthOf(IMAGE, TAPS, RESULT));
}

/** For the gradient of a filter: as many products as there are tiles. */
export function filterGradTolerance({ batch, height, width }: Conv2dShape): number {
  const tiles = batch * Math.ceil((height - 2) / 4) * Math.ceil((width - 2) / 4);
  return tolerance(tiles, growthOf(IMAGE, transposed(RESULT), transposed(TAPS)));
}

/** The growth in both directions, so the square of that in one; `back` folds the points. */
function growthOf(one: number[][], other: number[][], back: number[][]): number {
  const squares = (row: readonly number[]) => row.reduce((sum, value) => sum + value ** 2, 0);
  const products = one.map((row, point) => squares(row) * squares(other[point]!));
  const places = back.map((row) =>
    row.reduce((sum, factor, point) => sum + factor ** 2 * products[point]!, 0)
  );
  // A result sums as many products as the other factor has numbers.
  return Math.max(...places) / other[0]!.length;
}

function transposed(rows: number[][]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}
