/**
 * Batch normalisation and the ReLU behind it as one tfjs operation on WebAssembly: on our threads where
 * channels come by fours, else in TypeScript. Composed of tfjs's operations it would take longer than the
 * convolutions.
 */

import * as tf from "@tensorflow/tfjs-core";
import type { BatchNormShape } from "../../batch_norm.ts";
import {
  batchStatistics,
  inverseDeviation,
  normalise,
  normaliseGrad,
} from "../../cpu/batch_norm_f32.ts";
import {
  batchNormGradThreads,
  batchNormThreads,
  fitsThreads,
  normaliseThreads,
  type Statistics,
} from "../../wasm/batch_norm.ts";
import type { BatchNormVariables } from "../batch_norm.ts";
import { adopt, heapAddress, heapNumbers, heapTensor } from "./heap.ts";
import type { WasmThreads } from "../../wasm/threads.ts";

/** A way to normalise; tensors that it gives are the caller's. */
interface Norm {
  forward(
    x: tf.Tensor,
    channels: Record<"scale" | "shift", Float32Array>,
    shape: BatchNormShape,
  ): Statistics & { readonly y: tf.Tensor };
  backward(
    tensors: Record<"x" | "y" | "dy", tf.Tensor>,
    scale: Float32Array,
    statistics: Statistics,
    shape: BatchNormShape,
  ): { dx: tf.Tensor } & Record<"dscale" | "dshift", Float32Array>;
}

/** On threads, in tfjs's memory. */
function onThreads(threads: WasmThreads): Norm {
  return {
    forward(x, channels, shape) {
      const y = heapTensor(x.shape);
      const addresses = { x: heapAddress(x), y: heapAddress(y) };
      const statistics = batchNormThreads(threads, addresses, channels, shape);
      return { ...statistics, y: adopt(y) };
    },
    backward({ x, y, dy }, scale, statistics, shape) {
      const dx = heapTensor(x.shape);
      const [atX, atY, atDy, atDx] = [x, y, dy, dx].map(heapAddress) as [
        ...[number, number, number, number],
      ];
      const addresses = { x: atX, y: atY, dy: atDy, dx: atDx };
      const gradient = batchNormGradThreads(threads, addresses, scale, statistics, shape);
      return { ...gradient, dx: adopt(dx) };
    },
  };
}

/** For any channels. */
const IN_TYPESCRIPT: Norm = {
  forward(x, { scale, shift }, shape) {
    const values = heapNumbers(x);
    const statistics = batchStatistics(values, shape);
    const y = normalise(values, scale, shift, statistics, shape);
    return { ...statistics, y: tf.tensor(y, x.shape) };
  },
  backward({ x, y, dy }, scale, { mean, variance }, shape) {
    const statistics = { mean, variance, inverse: inverseDeviation(variance, shape) };
    const [inputs, outputs, gradients] = [x, y, dy].map(heapNumbers) as [
      ...[Float32Array, Float32Array, Float32Array],
    ];
    const gradient = normaliseGrad(inputs, outputs, gradients, scale, statistics, shape);
    return { ...gradient, dx: tf.tensor(gradient.dx, x.shape) };
  },
};

/** Inference: x f32 [..., C] normalised by the moving statistics. */
export function applyMovingOnWasm(
  threads: WasmThreads,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
  shape: BatchNormShape,
): tf.Tensor {
  const channels = { scale: heapNumbers(scale), shift: heapNumbers(shift) };
  const [mean, variance] = [heapNumbers(movingMean), heapNumbers(movingVariance)];
  if (!fitsThreads(shape)) {
    const inverse = inverseDeviation(Float64Array.from(variance), shape);
    const statistics = { mean: Float64Array.from(mean), variance: Float64Array.from(variance) };
    const { scale, shift } = channels;
    const y = normalise(heapNumbers(x), scale, shift, { ...statistics, inverse }, shape);
    return tf.tensor(y, x.shape);
  }
  const y = heapTensor(x.shape);
  const addresses = { x: heapAddress(x), y: heapAddress(y) };
  normaliseThreads(threads, addresses, channels, { mean, variance }, shape);
  return adopt(y);
}

/**
 * The differentiable operation: x f32 [..., C] normalised over all but the last dimension, with the
 * moving statistics updated in place.
 */
export function batchNormOnWasm(
  threads: WasmThreads,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
  shape: BatchNormShape,
): tf.Tensor {
  const norm = fitsThreads(shape) ? onThreads(threads) : IN_TYPESCRIPT;
  const operation = tf.customGrad((...given) => {
    const [x, scale, shift, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const channels = { scale: heapNumbers(scale), shift: heapNumbers(shift) };
    const { y, ...statistics } = norm.forward(x, channels, shape);
    moveStatistics(movingMean, movingVariance, statistics, shape);
    save([x, scale, y]);
    const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
      const [x, scale, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const tensors = { x, y, dy: dy as tf.Tensor };
      const gradient = norm.backward(tensors, heapNumbers(scale), statistics, shape);
      return [gradient.dx, tf.tensor1d(gradient.dscale), tf.tensor1d(gradient.dshift)];
    };
    return { value: y, gradFunc };
  });
  return operation(x, scale, shift);
}

/** The moving variance is the unbiased one, as in PyTorch. */
function moveStatistics(
  movingMean: tf.Tensor,
  movingVariance: tf.Tensor,
  { mean, variance }: Statistics,
  { rows, momentum }: BatchNormShape,
): void {
  const unbiased = variance.map((value) => value * rows / Math.max(1, rows - 1));
  for (const [moving, value] of [[movingMean, mean], [movingVariance, unbiased]] as const) {
    const numbers = heapNumbers(moving);
    numbers.forEach((kept, c) => numbers[c] = momentum * kept + (1 - momentum) * value[c]!);
  }
}
