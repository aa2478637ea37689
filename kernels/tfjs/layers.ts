/** Layers of the layers API that run on our kernels. Shapes, weights and saving stay tfjs's own. */

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import type { BatchNormShape } from "../batch_norm.ts";
import {
  applyMoving,
  batchNormOnDevice,
  type BatchNormVariables,
  plainNorm,
  pooledNorm,
} from "./batch_norm.ts";
import { TfjsHost } from "./host.ts";
import { applyMovingOnWasm, batchNormOnWasm } from "./wasm/batch_norm.ts";
import type { WasmThreads } from "../wasm/threads.ts";

type Layer = layers.Layer;

/** Fuses a batch normalisation layer and the ReLU layer behind it if there is one. */
export function fuseBatchNorm(
  compute: TfjsHost | WasmThreads,
  norm: Layer,
  relu: Layer | null,
): void {
  takeOver(norm, "always", (x, training) => {
    const shape = shapeOf(x, norm, relu !== null);
    if (!(compute instanceof TfjsHost)) {
      const operation = training ? batchNormOnWasm : applyMovingOnWasm;
      return operation(compute, x, variablesOf(norm), shape);
    }
    const operation = training ? batchNormOnDevice : applyMoving;
    return operation(compute, plainNorm(compute, x, shape), x, variablesOf(norm));
  });
  if (relu) takeOver(relu, "always", (x) => tf.clone(x));
}

/**
 * As {@linkcode fuseBatchNorm} on a device with a ReLU, and with the pooling layer behind that, which does
 * the work of all three.
 *
 * @throws {RangeError} If the layer does not pool by 2 x 2.
 */
export function fuseBatchNormPool(host: TfjsHost, norm: Layer, relu: Layer, pool: Layer): void {
  const { poolSize, strides, padding } = pool.getConfig() as Record<string, unknown>;
  if ([poolSize, strides].flat().some((side) => side !== 2) || padding !== "valid") {
    throw new RangeError("Only pooling by 2 x 2 can be fused with a normalisation");
  }
  for (const layer of [norm, relu]) takeOver(layer, "always", (x) => tf.clone(x));
  takeOver(pool, "always", (x, training) => {
    const [batch, height, width] = x.shape as [number, number, number];
    const shape = { ...shapeOf(x, norm, true), batch, height, width };
    const operation = training ? batchNormOnDevice : applyMoving;
    return operation(host, pooledNorm(host, shape), x, variablesOf(norm));
  });
}

/** Replaces what a layer does to its one input. */
function takeOver(
  layer: Layer,
  when: "always" | "training",
  call: (x: tf.Tensor, training: boolean) => tf.Tensor,
): void {
  const stockCall = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    const training = Boolean(kwargs.training);
    if (when === "training" && !training) return stockCall(inputs, kwargs);
    return call(Array.isArray(inputs) ? inputs[0]! : inputs, training);
  };
}

/**
 * Makes a convolution layer (stride 1, no padding, no bias) differentiate only what is asked for. The
 * layers API uses tfjs's fused convolution, which computes the gradient of its input even where that is
 * the image: for the first layer a fifth of a training step.
 */
export function pruneInputGradient(layer: Layer): void {
  takeOver(
    layer,
    "training",
    (x) => tf.conv2d(x as tf.Tensor4D, layer.weights[0]!.read() as tf.Tensor4D, 1, "valid"),
  );
}

/**
 * Makes a transposed convolution layer (2x2, stride 2, no bias) enlarge by a convolution of 1x1 with four times
 * the filters, which the kernels have with all gradients, and a change of order.
 */
export function enlargeByConvolution(layer: Layer): void {
  takeOver(layer, "always", (x) => {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const kernel = layer.weights[0]!.read();
    const filters = kernel.shape[2]!;
    return tf.tidy(() => {
      const filter = tf.reshape(tf.transpose(kernel, [3, 0, 1, 2]), [1, 1, channels, 4 * filters]);
      const four = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid");
      // The two rows of a pixel are numbers of it still, each with its two columns side by side.
      const rows = tf.reshape(four, [batch * height, width, 2, 2 * filters]);
      const apart = tf.transpose(rows, [0, 2, 1, 3]);
      return tf.reshape(apart, [batch, 2 * height, 2 * width, filters]);
    });
  });
}

/** Makes a normalisation layer without a scale, whose statistics are 0 and 1, add its shift and nothing else. */
export function addShiftAlone(layer: Layer): void {
  takeOver(layer, "always", (x) => tf.add(x, layer.weights[0]!.read()));
}

function variablesOf(norm: Layer): BatchNormVariables {
  const [scale, shift, movingMean, movingVariance] = norm.weights.map((weight) => weight.read());
  return { scale, shift, movingMean, movingVariance } as BatchNormVariables;
}

function shapeOf(x: tf.Tensor, norm: Layer, relu: boolean): BatchNormShape {
  const { epsilon, momentum } = norm.getConfig() as { epsilon: number; momentum: number };
  const channels = x.shape.at(-1)!;
  return { rows: x.size / channels, channels, relu, epsilon, momentum };
}
