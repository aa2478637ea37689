/**
 * Convolution (stride 1, no padding, NHWC) and both its gradients on WebAssembly threads.
 *
 * Twins: `kernels/cpu/conv2d.ts`. Sums are f32 in another order, and fused where the processor can.
 *
 * @module
 */

import { checkConv2d, type Conv2dShape, outputSize } from "../conv2d.ts";
import { PIXELS, ROWS } from "../wasm_job.ts";
import type { WasmThreads } from "../wasm_threads.ts";
import { CHANNELS } from "../wat/conv2d_text.ts";

/** Pieces for each thread: enough that a slow one does not keep the others waiting for long. */
const CHUNKS_PER_THREAD = 8;
/** The same for the gradient of the filter, each piece of which walks over all of x and dy. */
const FILTER_CHUNKS_PER_THREAD = 2;

/** Writes y [B, OH, OW, N] = x [B, H, W, C] * f [KH, KW, C, N]. */
export function conv2dThreads(
  threads: WasmThreads,
  x: Float32Array,
  f: Float32Array,
  y: Float32Array,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  threads.reset();
  const source = threads.allocate(x.length);
  source.set(x);
  const panels = packPanels(threads, f, shape.filters);
  convolve(threads, source, panels, y, shape);
}

/** Writes dx [B, H, W, C], the gradient of Σ y·dy by x, from dy [B, OH, OW, N] and f. */
export function conv2dInputGradThreads(
  threads: WasmThreads,
  dy: Float32Array,
  f: Float32Array,
  dx: Float32Array,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  threads.reset();
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const [top, left] = [kernelHeight - 1, kernelWidth - 1];
  const turned: Conv2dShape = {
    ...shape,
    height: outHeight + 2 * top,
    width: outWidth + 2 * left,
    channels: filters,
    filters: channels,
  };
  const border = threads.allocate(shape.batch * turned.height * turned.width * filters).fill(0);
  const run = outWidth * filters;
  for (let b = 0, from = 0; b < shape.batch; b++) {
    for (let i = 0; i < outHeight; i++, from += run) {
      const to = ((b * turned.height + i + top) * turned.width + left) * filters;
      border.set(dy.subarray(from, from + run), to);
    }
  }
  const panels = packPanels(threads, rotate(f, shape), channels);
  convolve(threads, border, panels, dx, turned);
}

/** Writes g [KH, KW, C, N], the gradient of Σ y·dy by f, from x and dy. */
export function conv2dFilterGradThreads(
  threads: WasmThreads,
  x: Float32Array,
  dy: Float32Array,
  g: Float32Array,
  shape: Conv2dShape,
): void {
  checkConv2d(shape);
  threads.reset();
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const source = threads.allocate(x.length);
  source.set(x);
  const panels = Math.ceil(filters / CHANNELS);
  const padded = panels * CHANNELS;
  const gradient = padRows(threads, dy, filters, padded);
  const run = kernelWidth * channels;
  const tiles = Math.ceil(run / ROWS);
  const sums = threads.allocate(kernelHeight * tiles * ROWS * padded).fill(0);
  const total = kernelHeight * tiles;
  const step = Math.ceil(total / (threads.count * FILTER_CHUNKS_PER_THREAD));
  threads.run({
    kind: "filter_grad",
    x: source.byteOffset,
    dy: gradient.byteOffset,
    g: sums.byteOffset,
    batch,
    height: outHeight,
    width: outWidth,
    pixel: 4 * channels,
    row: 4 * width * channels,
    image: 4 * height * width * channels,
    tiles,
    taps: kernelHeight,
    panels,
    step,
  }, Math.ceil(total / step));
  for (let tap = 0, to = 0; tap < kernelHeight; tap++) {
    for (let k = 0; k < run; k++, to += filters) {
      const from = (tap * tiles * ROWS + k) * padded;
      g.set(sums.subarray(from, from + filters), to);
    }
  }
}

/** The product itself, from the threads' memory into y [B, OH, OW, N]. */
function convolve(
  threads: WasmThreads,
  x: Float32Array,
  panels: Float32Array,
  y: Float32Array,
  shape: Conv2dShape,
): void {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const count = Math.ceil(filters / CHANNELS);
  const pixels = batch * outHeight * outWidth;
  const result = threads.allocate(pixels * count * CHANNELS);
  const pieces = threads.count * CHUNKS_PER_THREAD;
  const step = Math.ceil(Math.ceil(pixels / pieces) / PIXELS) * PIXELS;
  threads.run({
    kind: "conv2d",
    x: x.byteOffset,
    f: panels.byteOffset,
    y: result.byteOffset,
    pixels,
    width: outWidth,
    area: outHeight * outWidth,
    pixel: 4 * channels,
    row: 4 * width * channels,
    image: 4 * height * width * channels,
    taps: kernelHeight,
    run: 4 * kernelWidth * channels,
    panels: count,
    step,
  }, Math.ceil(pixels / step));
  copyRows(result, count * CHANNELS, y, filters);
}

/** f [K, N] as panels [⌈N / 8⌉, K, 8], with zeros past N. */
function packPanels(threads: WasmThreads, f: Float32Array, filters: number): Float32Array {
  const inner = f.length / filters;
  const count = Math.ceil(filters / CHANNELS);
  const panels = threads.allocate(count * inner * CHANNELS);
  for (let panel = 0, to = 0; panel < count; panel++) {
    for (let k = 0; k < inner; k++) {
      for (let n = panel * CHANNELS, end = n + CHANNELS; n < end; n++) {
        panels[to++] = n < filters ? f[k * filters + n]! : 0;
      }
    }
  }
  return panels;
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

function padRows(
  threads: WasmThreads,
  x: Float32Array,
  length: number,
  padded: number,
): Float32Array {
  const rows = x.length / length;
  const y = threads.allocate(rows * padded);
  if (length === padded) y.set(x);
  else {
    y.fill(0);
    copyRows(x, length, y, padded);
  }
  return y;
}

/** Copies rows as far as both are long. */
function copyRows(x: Float32Array, xLength: number, y: Float32Array, yLength: number): void {
  if (xLength === yLength) return y.set(x);
  const length = Math.min(xLength, yLength);
  for (let from = 0, to = 0; from < x.length; from += xLength, to += yLength) {
    for (let i = 0; i < length; i++) y[to + i] = x[from + i]!;
  }
}
