/** Naive twin of the joint loss kernel: plain loops in f64. */

import type { JointLossShape, LossTargets } from "../joint_loss.ts";

/** Inputs of the loss; shapes as in `kernels/joint_loss.ts`. */
interface JointLossInputs extends LossTargets {
  readonly logits: ArrayLike<number>;
  readonly maps: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
}

/** Both losses, their weighted sum and its gradients. */
interface JointLossResult {
  readonly total: number;
  readonly attributeLoss: number;
  readonly maskLoss: number;
  readonly dlogits: Float64Array;
  readonly dmaps: Float64Array;
}

/** Computes the loss by its definition. */
export function jointLoss(inputs: JointLossInputs, shape: JointLossShape): JointLossResult {
  const { logits, labels, labelWeights } = inputs;
  const { batch, cells, attributes, weight, maskLoss: kind = "mse" } = shape;
  const dlogits = new Float64Array(batch * attributes);
  const dmaps = new Float64Array(batch * cells * attributes);
  let attributeLoss = 0;
  for (let i = 0; i < batch * attributes; i++) {
    const share = labelWeights[i]! / (batch * attributes);
    attributeLoss += share * crossEntropy(logits[i]!, labels[i]!);
    dlogits[i] = share * (sigmoid(logits[i]!) - labels[i]!);
  }
  let maskLoss = 0;
  forEachNumber(inputs, shape, (i, x, z, w) => {
    const share = w / (batch * cells * attributes);
    maskLoss += share * (kind === "mse" ? (x - z) ** 2 : crossEntropy(x, z));
    dmaps[i] = weight * share * (kind === "mse" ? 2 * (x - z) : sigmoid(x) - z);
  });
  if (kind === "bce+dice") maskLoss += addDice(inputs, shape, dmaps);
  return { total: attributeLoss + weight * maskLoss, attributeLoss, maskLoss, dlogits, dmaps };
}

/** The mean of soft Dice over the attributes that weigh anything; adds its gradient. */
function addDice(inputs: JointLossInputs, shape: JointLossShape, dmaps: Float64Array): number {
  const { attributes, weight } = shape;
  const [overlap, found, wanted, weights] = [1, 2, 3, 4].map(() =>
    new Float64Array(attributes)
  ) as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array],
  ];
  forEachNumber(inputs, shape, (i, x, z, w) => {
    const a = i % attributes;
    overlap[a]! += w * sigmoid(x) * z;
    found[a]! += w * sigmoid(x);
    wanted[a]! += w * z;
    weights[a]! += w;
  });
  const count = weights.filter((sum) => sum !== 0).length;
  const denominator = (a: number) => found[a]! + wanted[a]! + 1;
  let loss = 0;
  for (let a = 0; a < attributes; a++) {
    if (weights[a] !== 0) loss += (1 - (2 * overlap[a]! + 1) / denominator(a)) / count;
  }
  forEachNumber(inputs, shape, (i, x, z, w) => {
    const a = i % attributes;
    if (weights[a] === 0) return;
    const byProbability = (2 * overlap[a]! + 1 - 2 * z * denominator(a)) / denominator(a) ** 2;
    dmaps[i]! += weight * w * sigmoid(x) * sigmoid(-x) * byProbability / count;
  });
  return loss;
}

/** Calls back with the place, the value, the target and the weight of every number of the maps. */
function forEachNumber(
  { maps, bits, wanted, maskWeights }: JointLossInputs,
  { batch, cells, attributes }: JointLossShape,
  call: (i: number, x: number, z: number, w: number) => void,
): void {
  for (let i = 0; i < batch * cells * attributes; i++) {
    const cell = Math.floor(i / attributes);
    const ofImage = Math.floor(cell / cells) * attributes + i % attributes;
    const z = (bits[cell]! & wanted[ofImage]!) !== 0 ? 1 : 0;
    call(i, maps[i]!, z, maskWeights[ofImage]!);
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** −z·log σ(x) − (1 − z)·log(1 − σ(x)), for x of any size. */
function crossEntropy(x: number, z: number): number {
  return z * softplus(-x) + (1 - z) * softplus(x);
}

/** log(1 + e^x) */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
