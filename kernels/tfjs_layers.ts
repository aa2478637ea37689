/**
 * Batch normalisation and the ReLU behind it as one tfjs operation on our kernels.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import {
  batchNorm,
  batchNormGrad,
  batchNormGroups,
  type BatchNormShape,
  normalise,
} from "./batch_norm.ts";
import {
  batchStatistics,
  inverseDeviation,
  normalise as normaliseOnCpu,
  normaliseGrad,
} from "./cpu/batch_norm_f32.ts";
import type { TfjsHost } from "./tfjs_host.ts";
import { backward, fitsHeap, forward, type Normalised } from "./tfjs_wasm_batch_norm.ts";

/** A layer of the layers API. */
type Layer = layers.Layer;

/** What the normalisation reads and updates. */
export interface BatchNormVariables {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
  readonly movingMean: tf.Tensor;
  readonly movingVariance: tf.Tensor;
}

/**
 * Makes a batch normalisation layer, and the ReLU layer behind it if there is one, run on our kernels:
 * on a device always, else while training. Shapes, weights and saving stay tfjs's own.
 */
export function fuseBatchNorm(host: TfjsHost | null, norm: Layer, relu: Layer | null): void {
  const settings = norm.getConfig() as { epsilon: number; momentum: number };
  const stockCall = norm.call.bind(norm);
  norm.call = (inputs, kwargs) => {
    if (!kwargs.training && !host) return stockCall(inputs, kwargs);
    const [scale, shift, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
    const variables = { scale, shift, movingMean, movingVariance } as BatchNormVariables;
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const shape = shapeOf(x, { ...settings, relu: relu !== null });
    if (host && !kwargs.training) return applyMoving(host, x, variables, shape);
    if (host) return batchNormOperation(host, x, variables, shape);
    return batchNormOnCpu(fitsHeap(shape) ? ON_HEAP : IN_TYPESCRIPT, x, variables, shape);
  };
  if (!relu) return;
  const stockRelu = relu.call.bind(relu);
  relu.call = (inputs, kwargs) => {
    if (!kwargs.training && !host) return stockRelu(inputs, kwargs);
    return tf.clone(Array.isArray(inputs) ? inputs[0]! : inputs);
  };
}

/**
 * Makes a convolution layer (stride 1, no padding, no bias) differentiate only what is asked for. The
 * layers API uses tfjs's fused convolution, which computes the gradient of its input even where that is
 * the image: for the first layer a fifth of a training step.
 */
export function pruneInputGradient(layer: Layer): void {
  const stockCall = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    if (!kwargs.training) return stockCall(inputs, kwargs);
    const x = (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
    return tf.conv2d(x, layer.weights[0]!.read() as tf.Tensor4D, 1, "valid");
  };
}

function shapeOf(
  x: tf.Tensor,
  settings: Pick<BatchNormShape, "relu" | "epsilon" | "momentum">,
): BatchNormShape {
  const channels = x.shape.at(-1)!;
  const { relu, epsilon, momentum } = settings;
  return { rows: x.size / channels, channels, relu, epsilon, momentum };
}

/** Inference: x normalised by the moving statistics. */
function applyMoving(
  host: TfjsHost,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
  shape: BatchNormShape,
): tf.Tensor {
  return tf.tidy(() => {
    const inverse = tf.rsqrt(tf.add(movingVariance, shape.epsilon));
    const stats = tf.stack([movingMean, inverse]);
    const y = host.tensor(x.shape);
    normalise(host.gpu, {
      x: host.bind(x),
      scale: host.bind(scale),
      shift: host.bind(shift),
      stats: host.bind(stats),
      y: host.bind(y),
    }, shape);
    return y;
  });
}

/**
 * The differentiable operation: x f32 [..., C] normalised over all but the last dimension, with the
 * moving statistics updated in place.
 */
export function batchNormOperation(
  host: TfjsHost,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
  shape: BatchNormShape,
): tf.Tensor {
  const { channels } = shape;
  const partBytes = 4 * batchNormGroups(shape) * 2 * channels;

  const operation = tf.customGrad((...given) => {
    const [x, scale, shift, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const y = host.tensor(x.shape);
    const stats = host.tensor([2, channels]);
    batchNorm(host.gpu, {
      x: host.bind(x),
      scale: host.bind(scale),
      shift: host.bind(shift),
      parts: host.gpu.scratch("parts", partBytes),
      stats: host.bind(stats),
      movingMean: host.bindWritable(movingMean),
      movingVariance: host.bindWritable(movingVariance),
      y: host.bind(y),
    }, shape);
    save([x, y, scale, stats]);
    const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
      const [x, y, scale, stats] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dx = host.tensor(x.shape);
      const dscale = host.tensor([channels]);
      const dshift = host.tensor([channels]);
      batchNormGrad(host.gpu, {
        x: host.bind(x),
        y: host.bind(y),
        dy: host.bind(dy as tf.Tensor),
        scale: host.bind(scale),
        stats: host.bind(stats),
        parts: host.gpu.scratch("parts", partBytes),
        dshift: host.bind(dshift),
        dscale: host.bind(dscale),
        dx: host.bind(dx),
      }, shape);
      return [dx, dscale, dshift];
    };
    return { value: y, gradFunc };
  });
  return operation(x, scale, shift);
}

/**
 * A way to normalise where numbers lie in memory; composed of tfjs's operations it would take longer
 * than the convolutions.
 */
interface CpuNorm {
  forward(
    x: tf.Tensor,
    scale: Float32Array,
    shift: Float32Array,
    shape: BatchNormShape,
  ): Normalised;
  backward(
    x: tf.Tensor,
    dy: tf.Tensor,
    normalised: Normalised,
    scale: Float32Array,
    shape: BatchNormShape,
  ): { dx: tf.Tensor; dscale: Float32Array; dshift: Float32Array };
}

/** In WebAssembly, for channels by fours. */
const ON_HEAP: CpuNorm = { forward, backward };

/** For any channels. */
const IN_TYPESCRIPT: CpuNorm = {
  forward(x, scale, shift, shape) {
    const values = read(x);
    const statistics = batchStatistics(values, shape);
    return {
      ...statistics,
      y: tf.tensor(normaliseOnCpu(values, scale, shift, statistics, shape), x.shape),
    };
  },
  backward(x, dy, { y, mean, variance }, scale, shape) {
    const inverse = inverseDeviation(variance, shape);
    const statistics = { mean, variance, inverse };
    const gradient = normaliseGrad(read(x), read(y), read(dy), scale, statistics, shape);
    return { ...gradient, dx: tf.tensor(gradient.dx, x.shape) };
  },
};

function read(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync<"float32">();
}

/** The same as {@linkcode batchNormOperation} on the CPU. */
function batchNormOnCpu(
  norm: CpuNorm,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
  shape: BatchNormShape,
): tf.Tensor {
  const operation = tf.customGrad((...given) => {
    const [x, scale, shift, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { y, ...statistics } = norm.forward(x, read(scale), read(shift), shape);
    moveStatistics(movingMean, movingVariance, statistics, shape);
    save([x, scale, y]);
    const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
      const [x, scale, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const normalised = { y, ...statistics };
      const gradient = norm.backward(x, dy as tf.Tensor, normalised, read(scale), shape);
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
  { mean, variance }: Pick<Normalised, "mean" | "variance">,
  { rows, momentum }: BatchNormShape,
): void {
  const unbiased = variance.map((value) => value * rows / Math.max(1, rows - 1));
  for (const [moving, value] of [[movingMean, mean], [movingVariance, unbiased]] as const) {
    const next = moving.dataSync<"float32">()
      .map((kept, c) => momentum * kept + (1 - momentum) * value[c]!);
    tf.tidy(() => (moving as tf.Variable).assign(tf.tensor1d(next)));
  }
}
