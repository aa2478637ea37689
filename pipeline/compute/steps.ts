/**
 * What a step of training is on any backend: gradients of a batch, and the update that they lead to.
 */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { LossTargets, MaskLoss } from "../../kernels/joint_loss.ts";
import type { JointLosses } from "../../kernels/tfjs/joint_loss.ts";
import type { Optimizer } from "../../kernels/tfjs/optimizer.ts";
import type { Batch } from "../face/batches.ts";
import { applyNetwork } from "../network/network.ts";

export interface Trainee {
  /** With maps as the mask loss takes them. */
  readonly network: LayersModel;
  /** Its parameters that are trained. */
  readonly variables: readonly tf.Variable[];
  readonly optimizer: Optimizer;
  /** λ: weight of the mask loss. */
  readonly weight: number;
  readonly maskLoss: MaskLoss;
}

/** What a network says of a batch, with its losses. The caller disposes all three. */
export interface Outputs {
  /** f32 [B, 40] */
  readonly logits: tf.Tensor;
  /** f32 [B, h, w, 40], 0 to 1 where the network is well trained */
  readonly maps: tf.Tensor;
  /** f32 [3] */
  readonly losses: tf.Tensor1D;
}

/** Steps on one backend. Dispose it to release what it keeps between them. */
export interface Steps extends Disposable {
  /** Adds a batch to the next update. Returns f32 [3], its losses, which the caller disposes. */
  gather(batch: Batch, targets: LossTargets): tf.Tensor1D;
  /** Takes the step that batches were gathered for, if there are any. */
  update(): void;
  /** Runs the network as in use. */
  forward(batch: Batch, targets: LossTargets): Outputs;
}

/** Maps as a network in use gives them, of maps as the mask loss takes them. */
export function mapsInUse(maps: tf.Tensor, { maskLoss }: Trainee): tf.Tensor {
  return maskLoss === "mse" ? maps : tf.sigmoid(maps);
}

/** The losses of a batch, f32 [3], and its gradients by their variables' names. The caller disposes all. */
export function differentiate(
  { network, variables }: Trainee,
  images: () => tf.Tensor,
  loss: (prediction: { logits: tf.Tensor; maps: tf.Tensor }) => JointLosses,
): { losses: tf.Tensor1D; gradients: tf.NamedTensorMap } {
  let losses: tf.Tensor1D | undefined;
  const gradients = tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const { total, values } = loss(applyNetwork(network, images(), true));
      losses = values;
      return total;
    }, [...variables]);
    return grads;
  });
  return { losses: losses!, gradients };
}
