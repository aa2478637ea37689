/**
 * Convolution (stride 1, no padding, NHWC) and both its gradients on WebAssembly threads. All tensors are
 * addresses of f32 in the threads' memory.
 *
 * Twins: `kernels/cpu/conv2d.ts`. Sums are f32 in another order, and fused where the processor can.
 */

import { checkConv2d, type Conv2dShape, outputSize } from "../convolution/conv2d_shape.ts";
import type { Operands, WasmThreads } from "./threads.ts";
import { CHANNELS, ROWS } from "./wat/tiles.ts";
import {
  fitsWinograd,
  winogradFilterGradThreads,
  winogradInputGradThreads,
  winogradThreads,
} from "./winograd.ts";

/** Pieces for each thread: enough that a slow one does not keep the others waiting for long. */
const PIECES_PER_THREAD = 8;
/** The same for the gradient of the filter, each piece of which walks over all of x and dy. */
const FILTER_PIECES_PER_THREAD = 2;
/** Pixels of dy that a block of output rows has about: they stay in the cache for all tiles. */
const BLOCK_PIXELS = 256;

/** Writes y [B, OH, OW, N] = x [B, H, W, C] * f [KH, KW, C, N]. */
export function conv2dThreads(threads: WasmThreads, [x, f, y]: Operands, shape: Conv2dShape): void {
  checkConv2d(shape);
  if (fitsWinograd(shape)) return winogradThreads(threads, [x, f, y], shape);
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  const taps = threads.numbers(f, kernelHeight * kernelWidth * channels * filters);
  convolve(threads, [x, packPanels(threads, taps, filters), y], shape);
}

/** Writes dx [B, H, W, C], the gradient of Σ y·dy by x, from dy [B, OH, OW, N] and f. */
export function conv2dInputGradThreads(
  threads: WasmThreads,
  [dy, f, dx]: Operands,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  const { batch, kernelHeight, kernelWidth, channels, filters } = shape;
  if (fitsWinograd({ ...shape, channels: filters, filters: channels })) {
    return winogradInputGradThreads(threads, [dy, f, dx], shape);
  }
  const [outHeight, outWidth] = outputSize(shape);
  const [top, left] = [kernelHeight - 1, kernelWidth - 1];
  const turned: Conv2dShape = {
    ...shape,
    height: outHeight + 2 * top,
    width: outWidth + 2 * left,
    channels: filters,
    filters: channels,
  };
  const size = batch * turned.height * turned.width * filters;
  const address = threads.scratch("border", 4 * size);
  const border = threads.numbers(address, size).fill(0);
  const run = outWidth * filters;
  const source = threads.numbers(dy, batch * outHeight * run);
  for (let b = 0, from = 0; b < batch; b++) {
    for (let i = 0; i < outHeight; i++, from += run) {
      const to = ((b * turned.height + i + top) * turned.width + left) * filters;
      border.set(source.subarray(from, from + run), to);
    }
  }
  const taps = threads.numbers(f, kernelHeight * kernelWidth * channels * filters);
  convolve(threads, [address, packPanels(threads, rotate(taps, shape), channels), dx], turned);
}

/** Writes g [KH, KW, C, N], the gradient of Σ y·dy by f, from x and dy. */
export function conv2dFilterGradThreads(
  threads: WasmThreads,
  [x, dy, g]: Operands,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  if (fitsWinograd(shape)) return winogradFilterGradThreads(threads, [x, dy, g], shape);
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const panels = Math.ceil(filters / CHANNELS);
  const gradient = padRows(threads, dy, batch * outHeight * outWidth, filters);
  const run = kernelWidth * channels;
  const tiles = Math.ceil(run / ROWS);
  // Rows of whole tiles go where they belong at once.
  const isWhole = run % ROWS === 0 && filters % CHANNELS === 0;
  const padded = panels * CHANNELS;
  const size = kernelHeight * tiles * ROWS * padded;
  const sums = isWhole ? g : threads.scratch("sums", 4 * size);
  const total = kernelHeight * tiles;
  threads.run({
    name: "filter_grad",
    numbers: [
      ...[x, gradient, sums, batch, outHeight, outWidth],
      ...[4 * channels, 4 * width * channels, 4 * height * width * channels, tiles, panels],
      Math.max(1, Math.round(BLOCK_PIXELS / outWidth)),
    ],
    items: total,
    step: Math.ceil(total / (threads.count * FILTER_PIECES_PER_THREAD)),
  });
  if (isWhole) return;
  const from = threads.numbers(sums, size);
  const to = threads.numbers(g, kernelHeight * run * filters);
  for (let tap = 0; tap < kernelHeight; tap++) {
    const rows = from.subarray(tap * tiles * ROWS * padded, (tap * tiles * ROWS + run) * padded);
    copyRows(rows, padded, to.subarray(tap * run * filters, (tap + 1) * run * filters), filters);
  }
}

function convolve(
  threads: WasmThreads,
  [x, panels, y]: Operands,
  shape: Conv2dShape,
): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const count = Math.ceil(filters / CHANNELS);
  const pixels = batch * outHeight * outWidth;
  const padded = count * CHANNELS;
  const result = padded === filters ? y : threads.scratch("result", 4 * pixels * padded);
  threads.run({
    name: "conv2d",
    numbers: [
      ...[x, panels, result, pixels, outWidth, outHeight * outWidth],
      ...[4 * channels, 4 * width * channels, 4 * height * width * channels],
      ...[kernelHeight, 4 * kernelWidth * channels, count],
    ],
    items: pixels,
    step: Math.ceil(pixels / (threads.count * PIECES_PER_THREAD * ROWS)) * ROWS,
  });
  if (result === y) return;
  const [from, to] = [
    threads.numbers(result, pixels * padded),
    threads.numbers(y, pixels * filters),
  ];
  copyRows(from, padded, to, filters);
}

/** f [K, N] as panels [⌈N / 8⌉, K, 8], with zeros past N. */
function packPanels(threads: WasmThreads, f: Float32Array, filters: number): number {
  const inner = f.length / filters;
  const size = Math.ceil(filters / CHANNELS) * inner * CHANNELS;
  const address = threads.scratch("filter", 4 * size);
  const panels = threads.numbers(address, size);
  for (let to = 0; to < size; to++) {
    const k = Math.floor(to / CHANNELS) % inner;
    const n = Math.floor(to / (CHANNELS * inner)) * CHANNELS + to % CHANNELS;
    panels[to] = n < filters ? f[k * filters + n]! : 0;
  }
  return address;
}

/** g [KH, KW, N, C] = f [KH, KW, C, N] turned by half a turn. */
function rotate(f: Float32Array, shape: Conv2dShape): Float32Array {
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  const g = new Float32Array(f.length);
  const taps = kernelHeight * kernelWidth;
  for (let tap = 0, from = 0; tap < taps; tap++) {
    const base = (taps - 1 - tap) * filters * channels;
    for (let c = 0; c < channels; c++) {
      for (let n = 0; n < filters; n++, from++) g[base + n * channels + c] = f[from]!;
    }
  }
  return g;
}

/** x [rows, length] with rows of whole panels: itself, or a copy with zeros. */
function padRows(threads: WasmThreads, x: number, rows: number, length: number): number {
  const padded = Math.ceil(length / CHANNELS) * CHANNELS;
  if (padded === length) return x;
  const address = threads.scratch("padded", 4 * rows * padded);
  const to = threads.numbers(address, rows * padded).fill(0);
  copyRows(threads.numbers(x, rows * length), length, to, padded);
  return address;
}

/** Copies rows as far as both are long. */
function copyRows(x: Float32Array, xLength: number, y: Float32Array, yLength: number): void {
  const length = Math.min(xLength, yLength);
  for (let from = 0, to = 0; from < x.length; from += xLength, to += yLength) {
    for (let i = 0; i < length; i++) y[to + i] = x[from + i]!;
  }
}
