/** The joint loss composed of tfjs's own operations, which our kernels are held against. */

import * as tf from "@tensorflow/tfjs-core";
import type { JointLosses } from "../../kernels/tfjs/joint_loss.ts";

/**
 * The joint loss out of tfjs operations, from expanded masks, which are measured by squares.
 *
 * labels  f32 [B, A]        0 or 1
 * masks   f32 [B, h, w, A]  0 or 1
 */
export function composedJointLoss(
  prediction: { readonly logits: tf.Tensor; readonly maps: tf.Tensor },
  target: { readonly labels: tf.Tensor; readonly masks: tf.Tensor },
  weight: number,
): JointLosses {
  const { logits, maps } = prediction;
  const attribute = tf.mean(
    tf.add(
      tf.sub(tf.relu(logits), tf.mul(logits, target.labels)),
      tf.log1p(tf.exp(tf.neg(tf.abs(logits)))),
    ),
  );
  const mask = tf.mean(tf.square(tf.sub(maps, target.masks)));
  const total = tf.add(attribute, tf.mul(mask, weight)) as tf.Scalar;
  return { total, values: tf.keep(tf.stack([total, attribute, mask])) as tf.Tensor1D };
}
