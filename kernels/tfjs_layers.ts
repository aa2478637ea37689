/**
 * Batch normalisation and the ReLU behind it as one tfjs operation on our kernels.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { batchNorm, batchNormGrad, batchNormGroups, type BatchNormShape } from "./batch_norm.ts";
import { TfjsHost } from "./tfjs_host.ts";
import { batchNormOnWasm } from "./tfjs_wasm_batch_norm.ts";
import type { WasmThreads } from "./wasm_threads.ts";

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
 * Makes a batch normalisation layer, and the ReLU layer behind it if there is one, run on our kernels
 * while training. Shapes, weights, saving and inference stay tfjs's own.
 */
export function fuseBatchNorm(
  compute: TfjsHost | WasmThreads,
  norm: Layer,
  relu: Layer | null,
): void {
  const settings = norm.getConfig() as { epsilon: number; momentum: number };
  const stockCall = norm.call.bind(norm);
  norm.call = (inputs, kwargs) => {
    if (!kwargs.training) return stockCall(inputs, kwargs);
    const [scale, shift, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
    const variables = { scale, shift, movingMean, movingVariance } as BatchNormVariables;
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const shape = shapeOf(x, { ...settings, relu: relu !== null });
    return compute instanceof TfjsHost
      ? batchNormOperation(compute, x, variables, shape)
      : batchNormOnWasm(compute, x, variables, shape);
  };
  if (!relu) return;
  const stockRelu = relu.call.bind(relu);
  relu.call = (inputs, kwargs) => {
    if (!kwargs.training) return stockRelu(inputs, kwargs);
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
