/**
 * Naive twin of the joint loss kernel: plain loops in f64.
 *
 * @module
 */

import type { JointLossShape, LossTargets } from "../joint_loss.ts";

/** Inputs of the loss; shapes as in `kernels/joint_loss.ts`. */
export interface JointLossInputs extends LossTargets {
  readonly logits: ArrayLike<number>;
  readonly maps: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
}

/** Both losses, their weighted sum and its gradients. */
export interface JointLossResult {
  readonly total: number;
  readonly attributeLoss: number;
  readonly maskLoss: number;
  readonly dlogits: Float64Array;
  readonly dmaps: Float64Array;
}

/** Computes the loss by its definition. */
export function jointLoss(inputs: JointLossInputs, shape: JointLossShape): JointLossResult {
  const { logits, maps, bits, labels, wanted, labelWeights, maskWeights } = inputs;
  const { batch, cells, attributes, weight } = shape;
  const dlogits = new Float64Array(batch * attributes);
  const dmaps = new Float64Array(batch * cells * attributes);
  let attributeLoss = 0;
  let maskLoss = 0;
  for (let b = 0; b < batch; b++) {
    for (let a = 0; a < attributes; a++) {
      const i = b * attributes + a;
      const probability = 1 / (1 + Math.exp(-logits[i]!));
      // −log p and −log(1 − p) without forming 1 − p.
      const loss = labels[i]! * Math.log1p(Math.exp(-logits[i]!)) +
        (1 - labels[i]!) * Math.log1p(Math.exp(logits[i]!));
      const share = labelWeights[i]! / (batch * attributes);
      attributeLoss += share * loss;
      dlogits[i] = share * (probability - labels[i]!);
    }
    for (let cell = 0; cell < cells; cell++) {
      for (let a = 0; a < attributes; a++) {
        const i = (b * cells + cell) * attributes + a;
        const target = (bits[b * cells + cell]! & wanted[b * attributes + a]!) !== 0 ? 1 : 0;
        const share = maskWeights[b * attributes + a]! / (batch * cells * attributes);
        maskLoss += share * (maps[i]! - target) ** 2;
        dmaps[i] = 2 * weight * share * (maps[i]! - target);
      }
    }
  }
  return { total: attributeLoss + weight * maskLoss, attributeLoss, maskLoss, dlogits, dmaps };
}
