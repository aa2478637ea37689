/** The joint loss on our fused kernels, as a differentiable tfjs operation. */

import * as tf from "@tensorflow/tfjs-core";
import { jointLossThreads } from "../wasm/joint_loss.ts";
import type { Binding } from "../webgpu/gpu.ts";
import { jointLoss, jointLossParts, type JointLossShape, type LossTargets } from "../joint_loss.ts";
import type { TfjsHost } from "./host.ts";
import { adopt, heapAddress, heapNumbers, heapTensor } from "./wasm/heap.ts";
import type { WasmThreads } from "../wasm/threads.ts";

/** The three numbers that a training step reports. */
export interface JointLosses {
  /** Scalar to differentiate: attribute loss + weight · mask loss. */
  readonly total: tf.Scalar;
  /** f32 [3]: total, attribute loss, mask loss. The caller disposes it. */
  readonly values: tf.Tensor1D;
}

/** How the masks are measured, and how much they weigh. */
type MaskLossSettings = Pick<JointLossShape, "weight" | "maskLoss">;

/**
 * The joint loss on the fused kernel. Its gradient assumes that `total` is what is differentiated (a
 * gradient of 1 comes in), as in training.
 *
 * logits   f32 [B, A]
 * maps     f32 [B, h, w, A]
 * bits     u32 [B, h, w]     region bits
 * targets  f32 [B, 4, A]     see `packTargets`
 */
export function fusedJointLoss(
  host: TfjsHost,
  prediction: { readonly logits: tf.Tensor; readonly maps: tf.Tensor },
  { bits, targets }: Readonly<Record<"bits" | "targets", Binding>>,
  settings: MaskLossSettings,
): JointLosses {
  const shape = shapeOf(prediction.maps, settings);
  const values = tf.keep(host.tensor([3])) as tf.Tensor1D;
  const operation = tf.customGrad((...given) => {
    const [logits, maps, save] = given as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const dlogits = host.tensor(logits.shape);
    const dmaps = host.tensor(maps.shape);
    jointLoss(host.gpu, {
      ...host.bindAll({ logits, maps, dlogits, dmaps, losses: values }),
      ...{ bits, targets },
      parts: host.gpu.scratch("parts", 8 * jointLossParts(shape)),
    }, shape);
    const value = tf.reshape(tf.slice(values, 0, 1), []) as tf.Scalar;
    save([dlogits, dmaps]);
    // The engine disposes both what was saved and what is returned.
    const gradFunc = (_: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => saved.map(tf.clone);
    return { value, gradFunc };
  });
  return { total: operation(prediction.logits, prediction.maps), values };
}

/** As {@linkcode fusedJointLoss} on WebAssembly threads, with `bits` u32 [B, h, w] on the CPU. */
export function threadedJointLoss(
  threads: WasmThreads,
  prediction: { readonly logits: tf.Tensor; readonly maps: tf.Tensor },
  bits: Uint32Array,
  targets: LossTargets,
  settings: MaskLossSettings,
): JointLosses {
  const shape = shapeOf(prediction.maps, settings);
  let values: tf.Tensor1D | undefined;
  const operation = tf.customGrad((...given) => {
    const [logits, maps, save] = given as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [dlogits, dmaps] = [heapTensor(logits.shape), heapTensor(maps.shape)];
    const { attributeLoss, maskLoss } = jointLossThreads(
      threads,
      { maps: heapAddress(maps), dmaps: heapAddress(dmaps) },
      { ...targets, bits, logits: heapNumbers(logits) },
      heapNumbers(dlogits),
      shape,
    );
    const total = attributeLoss + shape.weight * maskLoss;
    values = tf.keep(tf.tensor1d([total, attributeLoss, maskLoss]));
    save([adopt(dlogits), adopt(dmaps)]);
    // The engine disposes both what was saved and what is returned.
    const gradFunc = (_: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => saved.map(tf.clone);
    return { value: tf.scalar(total), gradFunc };
  });
  return { total: operation(prediction.logits, prediction.maps), values: values! };
}

function shapeOf(maps: tf.Tensor, { weight, maskLoss = "mse" }: MaskLossSettings): JointLossShape {
  const [batch, height, width, attributes] = maps.shape as number[];
  const cells = height! * width!;
  return { batch: batch!, cells, attributes: attributes!, weight, maskLoss };
}
