/**
 * Naive twin of the joint loss kernel: plain loops in f64.
 *
 * @module
 */

import type { JointLossShape } from "../joint_loss.ts";

/** Inputs of the loss; shapes as in `kernels/joint_loss.ts`. */
export interface JointLossInputs {
  readonly logits: ArrayLike<number>;
  readonly maps: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly regions: ArrayLike<number>;
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
  const { logits, maps, bits, labels, regions } = inputs;
  const { batch, cells, attributes, weight } = shape;
  const dlogits = new Float64Array(batch * attributes);
  const dmaps = new Float64Array(batch * cells * attributes);
  const label = (b: number, a: number) => labels[2 * b + Math.floor(a / 32)]! >>> (a % 32) & 1;
  let attributeLoss = 0;
  let maskLoss = 0;
  for (let b = 0; b < batch; b++) {
    for (let a = 0; a < attributes; a++) {
      const i = b * attributes + a;
      const probability = 1 / (1 + Math.exp(-logits[i]!));
      // −log p and −log(1 − p) without forming 1 − p.
      const loss = Math.log1p(Math.exp(label(b, a) ? -logits[i]! : logits[i]!));
      attributeLoss += loss / (batch * attributes);
      dlogits[i] = (probability - label(b, a)) / (batch * attributes);
    }
    for (let cell = 0; cell < cells; cell++) {
      for (let a = 0; a < attributes; a++) {
        const i = (b * cells + cell) * attributes + a;
        const target = label(b, a) && (bits[b * cells + cell]! & regions[a]!) !== 0 ? 1 : 0;
        const count = batch * cells * attributes;
        maskLoss += (maps[i]! - target) ** 2 / count;
        dmaps[i] = 2 * weight * (maps[i]! - target) / count;
      }
    }
  }
  return { total: attributeLoss + weight * maskLoss, attributeLoss, maskLoss, dlogits, dmaps };
}
