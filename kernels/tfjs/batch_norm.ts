/**
 * Batch normalisation with what is behind it as one differentiable tfjs operation on our kernels on the
 * device.
 */

import * as tf from "@tensorflow/tfjs-core";
import {
  batchNorm,
  type BatchNormBuffers,
  batchNormGrad,
  type BatchNormGradBuffers,
  batchNormGroups,
  type BatchNormShape,
  normalise,
  type NormaliseBuffers,
} from "../batch_norm.ts";
import {
  batchNormPool,
  batchNormPoolGrad,
  batchNormPoolGroups,
  type BatchNormPoolShape,
  normalisePool,
  pooledSize,
} from "../batch_norm_pool.ts";
import type { TfjsHost } from "./host.ts";

/** What the normalisation reads and updates. */
export interface BatchNormVariables {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
  readonly movingMean: tf.Tensor;
  readonly movingVariance: tf.Tensor;
}

interface DeviceNorm {
  readonly outputShape: number[];
  /** Numbers in the scratch buffer `parts`. */
  readonly parts: number;
  readonly epsilon: number;
  /** With given statistics. */
  apply(buffers: NormaliseBuffers): void;
  forward(buffers: BatchNormBuffers): void;
  backward(buffers: BatchNormGradBuffers): void;
}

/** Of x f32 [..., C] over all but the last dimension. */
export function plainNorm({ gpu }: TfjsHost, x: tf.Tensor, shape: BatchNormShape): DeviceNorm {
  return {
    outputShape: x.shape,
    parts: 2 * batchNormGroups(shape, gpu) * shape.channels,
    epsilon: shape.epsilon,
    apply: (buffers) => normalise(gpu, buffers, shape),
    forward: (buffers) => batchNorm(gpu, buffers, shape),
    backward: (buffers) => batchNormGrad(gpu, buffers, shape),
  };
}

/** Of x f32 [B, H, W, C], with the ReLU and the pool behind it. */
export function pooledNorm({ gpu }: TfjsHost, shape: BatchNormPoolShape): DeviceNorm {
  const { batch, channels, epsilon } = shape;
  return {
    outputShape: [batch, ...pooledSize(shape), channels],
    parts: 2 * batchNormPoolGroups(shape, gpu) * channels,
    epsilon,
    apply: (buffers) => normalisePool(gpu, buffers, shape),
    forward: (buffers) => batchNormPool(gpu, buffers, shape),
    backward: (buffers) => batchNormPoolGrad(gpu, buffers, shape),
  };
}

/** Inference: x normalised by the moving statistics. */
export function applyMoving(
  host: TfjsHost,
  norm: DeviceNorm,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
): tf.Tensor {
  return tf.tidy(() => {
    const inverse = tf.rsqrt(tf.add(movingVariance, norm.epsilon));
    const stats = tf.stack([movingMean, inverse]);
    const y = host.tensor(norm.outputShape);
    norm.apply(host.bindAll({ x, scale, shift, stats, y }));
    return y;
  });
}

/** The differentiable operation, with the moving statistics updated in place. */
export function batchNormOnDevice(
  host: TfjsHost,
  norm: DeviceNorm,
  x: tf.Tensor,
  { scale, shift, movingMean, movingVariance }: BatchNormVariables,
): tf.Tensor {
  const channels = x.shape.at(-1)!;
  const parts = () => host.gpu.scratch("parts", 4 * norm.parts);
  const operation = tf.customGrad((...given) => {
    const [x, scale, shift, save] = given as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const y = host.tensor(norm.outputShape);
    const stats = host.tensor([2, channels]);
    norm.forward({
      ...host.bindAll({ x, scale, shift, stats, y }),
      parts: parts(),
      movingMean: host.bindWritable(movingMean),
      movingVariance: host.bindWritable(movingVariance),
    });
    save([x, scale, shift, stats]);
    const gradFunc = (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
      const [x, scale, shift, stats] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dx = host.tensor(x.shape);
      const dscale = host.tensor([channels]);
      const dshift = host.tensor([channels]);
      const tensors = { x, dy: dy as tf.Tensor, scale, shift, stats, dshift, dscale, dx };
      norm.backward({ ...host.bindAll(tensors), parts: parts() });
      return [dx, dscale, dshift];
    };
    return { value: y, gradFunc };
  });
  return operation(x, scale, shift);
}
