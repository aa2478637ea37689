/**
 * Convolutions with 3x3 filters (stride 1, no padding, NHWC) and their gradients by Winograd's
 * F(4x4, 3x3) on WebAssembly threads: 36 products of channels for a tile of 4x4 outputs instead of 144.
 *
 * Twins: `kernels/cpu/conv2d.ts`. The transforms multiply by up to 8 and add, which costs about three bits of f32.
 */

import { type Conv2dShape, outputSize } from "../convolution/conv2d_shape.ts";
import type { Operands, WasmThreads } from "./threads.ts";
import { CHANNELS, ROWS } from "./wat/tiles.ts";
import { OUTPUTS, POSITIONS } from "./wat/winograd/squares.ts";

/** Tiles whose transforms a thread keeps in its cache; a multiple of {@linkcode ROWS}. */
const BLOCK = 20;
/** Most groups of tiles with sums of their own; more than threads, so that each has several. */
const GROUPS = 16;
const SIDE = 3;

/** Whether the functions below take this shape: channels by fours, filters by eights. */
export function fitsWinograd(shape: Conv2dShape): boolean {
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  return kernelHeight === SIDE && kernelWidth === SIDE && channels % 4 === 0 &&
    filters % CHANNELS === 0;
}

/** Writes y [B, OH, OW, N] = x [B, H, W, C] * f [3, 3, C, N]; all are addresses. */
export function winogradThreads(
  threads: WasmThreads,
  [x, f, y]: Operands,
  shape: Conv2dShape,
): void {
  const { channels, filters } = shape;
  const u = transformFilter(threads, channels, filters, {
    ...{ f, tap: 4 * channels * filters, inner: 4 * filters, outer: 4 },
  });
  const [outHeight, outWidth] = outputSize(shape);
  convolve(threads, [x, u, y], { ...shape, border: 0, outHeight, outWidth });
}

/** Writes dx [B, H, W, C], the gradient of Σ y·dy by x, from dy [B, OH, OW, N] and f; addresses. */
export function winogradInputGradThreads(
  threads: WasmThreads,
  [dy, f, dx]: Operands,
  shape: Conv2dShape,
): void {
  const { batch, channels, filters } = shape;
  const tap = 4 * channels * filters;
  // The filter turned round: from its last tap backwards, with channels and filters exchanged.
  const u = transformFilter(threads, filters, channels, {
    ...{ f: f + (SIDE * SIDE - 1) * tap, tap: -tap, inner: 4, outer: 4 * filters },
  });
  const [height, width] = outputSize(shape);
  convolve(threads, [dy, u, dx], {
    ...{ batch, height, width, channels: filters, filters: channels, border: SIDE - 1 },
    ...{ outHeight: shape.height, outWidth: shape.width },
  });
}

/** Writes g [3, 3, C, N], the gradient of Σ y·dy by f, from x and dy; all are addresses. */
export function winogradFilterGradThreads(
  threads: WasmThreads,
  [x, dy, g]: Operands,
  shape: Conv2dShape,
): void {
  const { batch, height, width, channels, filters } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const [tilesX, tilesOfImage] = tilesOf(outHeight, outWidth);
  const tiles = batch * tilesOfImage;
  const group = Math.max(BLOCK, Math.ceil(tiles / GROUPS));
  const groups = Math.ceil(tiles / group);
  const tall = Math.ceil(channels / ROWS) * ROWS;
  const panels = filters / CHANNELS;
  const sums = threads.scratch("sums", 4 * groups * POSITIONS * tall * filters);
  const [room, stride] = roomFor(threads, channels, filters);
  threads.run({
    name: "winograd_filter_grad",
    numbers: [
      ...[x, dy, sums, room, stride, BLOCK, height, width, channels, panels],
      ...[outHeight, outWidth, tilesX, tilesOfImage, tiles, group],
    ],
    items: groups,
    step: 1,
  });
  threads.run({
    name: "winograd_filter_sum",
    numbers: [sums, g, groups, channels, panels],
    items: channels,
    step: CHANNELS,
  });
}

/** Columns of tiles of an image, and its tiles. */
function tilesOf(outHeight: number, outWidth: number): [columns: number, tiles: number] {
  const columns = Math.ceil(outWidth / OUTPUTS);
  return [columns, columns * Math.ceil(outHeight / OUTPUTS)];
}

/** Room for the transforms of a block in each thread, and its bytes from thread to thread. */
function roomFor(
  threads: WasmThreads,
  channels: number,
  filters: number,
): [address: number, stride: number] {
  const stride = 4 * POSITIONS * (BLOCK * (channels + filters) + Math.max(channels, filters));
  return [threads.scratch("room", threads.count * stride), stride];
}

/** The transformed filter f32 [16][N / 8][K][8], from where its numbers lie in bytes. */
function transformFilter(
  threads: WasmThreads,
  channels: number,
  filters: number,
  { f, tap, inner, outer }: Record<"f" | "tap" | "inner" | "outer", number>,
): number {
  const u = threads.scratch("filter", 4 * POSITIONS * channels * filters);
  const panels = filters / CHANNELS;
  threads.run({
    name: "winograd_filter",
    numbers: [f, u, tap, inner, outer, channels, panels],
    items: panels,
    step: 1,
  });
  return u;
}

function convolve(
  threads: WasmThreads,
  [x, u, y]: Operands,
  sizes:
    & Record<"batch" | "height" | "width" | "channels" | "filters", number>
    & Record<"border" | "outHeight" | "outWidth", number>,
): void {
  const { batch, height, width, channels, filters, border, outHeight, outWidth } = sizes;
  const [tilesX, tilesOfImage] = tilesOf(outHeight, outWidth);
  const [room, stride] = roomFor(threads, channels, filters);
  threads.run({
    name: "winograd",
    numbers: [
      ...[x, u, y, room, stride, BLOCK, height, width, border, channels, filters / CHANNELS],
      ...[outHeight, outWidth, tilesX, tilesOfImage],
    ],
    items: batch * tilesOfImage,
    step: BLOCK,
  });
}
