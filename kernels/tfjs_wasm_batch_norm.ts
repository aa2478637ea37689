/**
 * Batch normalisation in training, with the ReLU behind it, in the memory of tfjs's backend "wasm".
 *
 * Two sweeps for the statistics (mean, then squares around it: nothing cancels), one for the result, and
 * two for the gradient; sums are f64. Twin: `kernels/cpu/batch_norm.ts`.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { BatchNormShape } from "./batch_norm.ts";
import { inverseDeviation } from "./cpu/batch_norm_f32.ts";
import {
  adopt,
  heapAddress,
  heapExports,
  heapMemory,
  heapNumbers,
  heapTensor,
} from "./tfjs_wasm_heap.ts";
import binary from "./wat/batch_norm.wasm" with { type: "bytes" };

/** What the module exports; addresses in bytes, see its source. */
interface Exports {
  sum(x: number, sums: number, rows: number, channels: number): void;
  squares(x: number, mean: number, sums: number, rows: number, channels: number): void;
  normalise(...numbers: number[]): void;
  grad_sums(...numbers: number[]): void;
  grad(...numbers: number[]): void;
}

/** Whether {@linkcode forward} takes this shape: by fours, where tfjs shows its memory. */
export function fitsHeap({ channels }: BatchNormShape): boolean {
  return channels % 4 === 0 && tf.getBackend() === "wasm" && heapMemory() !== null;
}

/** What the forward pass leaves for the gradient. */
export interface Normalised {
  /** f32 [..., C], with the ReLU applied. */
  readonly y: tf.Tensor;
  /** f64 [C] */
  readonly mean: Float64Array;
  /** f64 [C], the biased one. */
  readonly variance: Float64Array;
}

/** Normalises x f32 [..., C]; `scale` and `shift` are f32 [C]. The caller owns the result. */
export function forward(
  x: tf.Tensor,
  scale: Float32Array,
  shift: Float32Array,
  shape: BatchNormShape,
): Normalised {
  const { rows, channels } = shape;
  const exports = heapExports<Exports>(binary);
  const result = heapTensor(x.shape);
  const room = new ChannelRoom(channels);
  const at = heapAddress(x);
  room.sums.fill(0);
  exports.sum(at, room.sumsAddress, rows, channels);
  const mean = room.sums.slice(0, channels).map((sum) => sum / rows);
  room.write(0, mean);
  room.sums.fill(0);
  exports.squares(at, room.address(0), room.sumsAddress, rows, channels);
  const variance = room.sums.slice(0, channels).map((sum) => sum / rows);
  room.write(1, inverseDeviation(variance, shape).map((value, c) => value * scale[c]!));
  room.write(2, shift);
  exports.normalise(
    ...[at, room.address(0), room.address(1), room.address(2), heapAddress(result)],
    ...[rows, channels, leastOf(shape)],
  );
  room.dispose();
  return { y: adopt(result), mean, variance };
}

/** The gradients of Σ y·dy by x, scale and shift. The caller owns them. */
export function backward(
  x: tf.Tensor,
  dy: tf.Tensor,
  { y, mean, variance }: Normalised,
  scale: Float32Array,
  shape: BatchNormShape,
): { dx: tf.Tensor; dscale: Float32Array; dshift: Float32Array } {
  const { rows, channels } = shape;
  const exports = heapExports<Exports>(binary);
  const result = heapTensor(x.shape);
  const room = new ChannelRoom(channels);
  const [least, inputs] = [leastOf(shape), [heapAddress(x), heapAddress(y), heapAddress(dy)]];
  room.write(0, mean);
  room.sums.fill(0);
  exports.grad_sums(
    ...[...inputs, room.address(0), room.sumsAddress, room.sumsAddress + 8 * channels],
    ...[rows, channels, least],
  );
  const inverse = inverseDeviation(variance, shape);
  const plain = room.sums.slice(0, channels);
  const scaled = room.sums.slice(channels, 2 * channels).map((sum, c) => sum * inverse[c]!);
  // dx = factor · (dz − Σ dz / M − x̂ · Σ dz·x̂ / M)
  const factor = inverse.map((value, c) => value * scale[c]!);
  room.write(1, factor);
  room.write(2, scaled.map((sum, c) => -factor[c]! * sum * inverse[c]! / rows));
  room.write(3, plain.map((sum, c) => -factor[c]! * sum / rows));
  exports.grad(
    ...[...inputs, room.address(0), room.address(1), room.address(2), room.address(3)],
    ...[heapAddress(result), rows, channels, least],
  );
  room.dispose();
  return {
    dx: adopt(result),
    dscale: Float32Array.from(scaled),
    dshift: Float32Array.from(plain),
  };
}

/** Where a ReLU follows, smaller results become 0 and pass no gradient. */
function leastOf({ relu }: BatchNormShape): number {
  return relu ? 0 : -Infinity;
}

/** Room in tfjs's memory for f64 [2, C] sums and four f32 [C]. */
class ChannelRoom {
  readonly #info: tf.Tensor;
  readonly #channels: number;

  constructor(channels: number) {
    // Four times for the sums, and once for each of four vectors.
    this.#info = adopt(heapTensor([8 * channels]));
    this.#channels = channels;
  }

  get sumsAddress(): number {
    return heapAddress(this.#info);
  }

  get sums(): Float64Array {
    const { buffer, byteOffset } = heapNumbers(this.#info);
    return new Float64Array(buffer, byteOffset, 2 * this.#channels);
  }

  address(vector: number): number {
    return this.sumsAddress + 4 * (4 + vector) * this.#channels;
  }

  write(vector: number, values: ArrayLike<number>): void {
    heapNumbers(this.#info).set(values, (4 + vector) * this.#channels);
  }

  dispose(): void {
    this.#info.dispose();
  }
}
