/**
 * Batch normalisation in training, with the ReLU behind it, on WebAssembly threads. Tensors are addresses
 * of f32 in the threads' memory; channels come by fours.
 *
 * One sweep for the statistics, one for the result, and two for the gradient. Sums are f64, so that
 * nothing cancels, and taken over pieces of fixed size, so that they are the same for any number of
 * threads. Twin: `kernels/cpu/batch_norm.ts`.
 */

import type { BatchNormShape } from "../batch_norm.ts";
import { floatBits } from "../webgpu/kernel.ts";
import type { WasmThreads } from "./threads.ts";

/** Numbers of a piece: few enough to stay in the first cache for all channels. */
const PIECE = 8192;

/** The batch's own statistics. */
export interface Statistics {
  /** f64 [C] */
  readonly mean: Float64Array;
  /** f64 [C], the biased one. */
  readonly variance: Float64Array;
}

/** Whether the functions below take this shape. */
export function fitsThreads({ channels }: BatchNormShape): boolean {
  return channels % 4 === 0;
}

/** Writes y [M, C], x normalised with its own statistics; `scale` and `shift` are numbers f32 [C]. */
export function batchNormThreads(
  threads: WasmThreads,
  tensors: Record<"x" | "y", number>,
  channels: Record<"scale" | "shift", Float32Array>,
  shape: BatchNormShape,
): Statistics {
  const { rows } = shape;
  const [plain, squares] = sumRows(threads, "norm_sums", [tensors.x], [], shape);
  const mean = plain.map((sum) => sum / rows);
  const variance = squares.map((sum, c) => Math.max(0, sum / rows - mean[c]! ** 2));
  normaliseThreads(threads, tensors, channels, { mean, variance }, shape);
  return { mean, variance };
}

/** Writes y [M, C], x normalised with given statistics. */
export function normaliseThreads(
  threads: WasmThreads,
  { x, y }: Record<"x" | "y", number>,
  { scale, shift }: Record<"scale" | "shift", Float32Array>,
  { mean, variance }: Record<keyof Statistics, Float32Array | Float64Array>,
  shape: BatchNormShape,
): void {
  const factor = scale.map((value, c) => value / Math.sqrt(variance[c]! + shape.epsilon));
  threads.run({
    name: "normalise",
    numbers: [x, ...writeChannels(threads, [mean, factor, shift]), y, shape.channels, least(shape)],
    ...pieces(shape),
  });
}

/** Writes dx [M, C] and gives the gradients of scale and shift, from the tensors and statistics. */
export function batchNormGradThreads(
  threads: WasmThreads,
  { x, y, dy, dx }: Record<"x" | "y" | "dy" | "dx", number>,
  scale: Float32Array,
  { mean, variance }: Statistics,
  shape: BatchNormShape,
): Record<"dscale" | "dshift", Float32Array> {
  const { rows, channels, epsilon } = shape;
  const [means] = writeChannels(threads, [mean]);
  const [plain, byDistance] = sumRows(
    ...[threads, "norm_grad_sums", [x, y, dy, means!], [least(shape)], shape] as const,
  );
  const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const scaled = byDistance.map((sum, c) => sum * inverse[c]!);
  // dx = factor · (dz − Σ dz / M − x̂ · Σ dz·x̂ / M)
  const factor = inverse.map((value, c) => value * scale[c]!);
  const slope = scaled.map((sum, c) => -factor[c]! * sum * inverse[c]! / rows);
  const constant = plain.map((sum, c) => -factor[c]! * sum / rows);
  const vectors = writeChannels(threads, [mean, factor, slope, constant]);
  threads.run({
    name: "norm_grad",
    numbers: [x, y, dy, ...vectors, dx, channels, least(shape)],
    ...pieces(shape),
  });
  return { dscale: Float32Array.from(scaled), dshift: Float32Array.from(plain) };
}

/** Where a ReLU follows, smaller results become 0 and pass no gradient. */
function least({ relu }: BatchNormShape): number {
  return floatBits(relu ? 0 : -Infinity);
}

function pieces({ rows, channels }: BatchNormShape): { items: number; step: number } {
  return { items: rows, step: Math.max(1, Math.round(PIECE / channels)) };
}

/** Runs a job that leaves two sums a channel for each piece, and adds the pieces up. */
function sumRows(
  threads: WasmThreads,
  name: "norm_sums" | "norm_grad_sums",
  tensors: readonly number[],
  settings: readonly number[],
  shape: BatchNormShape,
): [Float64Array, Float64Array] {
  const { channels } = shape;
  const { items, step } = pieces(shape);
  const count = Math.ceil(items / step);
  const address = threads.scratch("sums", 16 * count * channels);
  threads.run({ name, numbers: [...tensors, address, channels, ...settings], items, step });
  const sums = threads.doubles(address, 2 * count * channels);
  const total = new Float64Array(2 * channels);
  for (let i = 0; i < sums.length;) {
    for (let c = 0; c < total.length; c++, i++) total[c]! += sums[i]!;
  }
  return [total.slice(0, channels), total.slice(channels)];
}

/** Writes vectors of one number a channel as f32 and gives their addresses. */
function writeChannels(
  threads: WasmThreads,
  vectors: readonly ArrayLike<number>[],
): readonly number[] {
  const channels = vectors[0]!.length;
  const address = threads.scratch("channels", 4 * channels * vectors.length);
  const numbers = threads.numbers(address, channels * vectors.length);
  return vectors.map((vector, index) => {
    numbers.set(vector, index * channels);
    return address + 4 * channels * index;
  });
}
