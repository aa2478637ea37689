/**
 * The joint loss and its gradients on WebAssembly threads: the maps are read once and their gradient
 * written once (with Dice, probabilities first lie in its place); targets are made of bits on the way.
 * Twin: `kernels/cpu/joint_loss.ts`.
 */

import type { JointLossShape, LossTargets } from "../joint_loss.ts";
import { floatBits } from "../webgpu/kernel.ts";
import type { WasmThreads } from "./threads.ts";

/** Pixels of a piece. */
const PIECE = 256;

/** Inputs of the loss on the CPU; shapes as in `kernels/joint_loss.ts`. */
interface JointLossNumbers extends LossTargets {
  readonly logits: Float32Array;
  readonly bits: Uint32Array;
}

/**
 * Writes dmaps f32 [B, h, w, A] and dlogits f32 [B, A], the gradients of the total.
 *
 * @param addresses Where maps and dmaps lie in the threads' memory.
 */
export function jointLossThreads(
  threads: WasmThreads,
  addresses: Record<"maps" | "dmaps", number>,
  given: JointLossNumbers,
  dlogits: Float32Array,
  shape: JointLossShape,
): { attributeLoss: number; maskLoss: number } {
  const maskLoss = maskLossThreads(threads, addresses, given, shape);
  return { attributeLoss: crossEntropy(given, dlogits), maskLoss };
}

function maskLossThreads(
  threads: WasmThreads,
  { maps, dmaps }: Record<"maps" | "dmaps", number>,
  given: JointLossNumbers,
  { batch, cells, attributes, weight, maskLoss = "mse" }: JointLossShape,
): number {
  const items = batch * cells;
  const count = Math.ceil(items / PIECE);
  const numbers = items * attributes;
  const sums = threads.scratch("sums", 8 * count);
  const wanted = (["bits", "wanted", "maskWeights"] as const).map((name) =>
    place(threads, name, given[name])
  );
  const pieces = { items, step: PIECE };
  const scale = floatBits((maskLoss === "mse" ? 2 : 1) * weight / numbers);
  const mean = () => threads.doubles(sums, count).reduce((sum, part) => sum + part, 0) / numbers;
  if (maskLoss !== "bce+dice") {
    const name = maskLoss === "mse" ? "joint_loss" : "mask_entropy";
    const only = [maps, ...wanted, dmaps, sums, cells, attributes, scale];
    threads.run({ name, numbers: only, ...pieces });
    return mean();
  }
  const dice = threads.scratch("dice", 24 * count * attributes);
  const first = [maps, ...wanted, dmaps, sums, dice, cells, attributes, scale];
  threads.run({ name: "dice_sums", numbers: first, ...pieces });
  const shares = threads.doubles(dice, 3 * count * attributes);
  const { loss, ...gradient } = diceFactors(shares, given.maskWeights, attributes);
  const factors = (["lead", "slope"] as const).map((name) =>
    place(threads, name, Float32Array.from(gradient[name], (value) => weight * value))
  );
  const second = [...wanted, dmaps, ...factors, cells, attributes, scale];
  threads.run({ name: "dice_grad", numbers: second, ...pieces });
  return mean() + loss;
}

/**
 * The mean of 1 − (2·I + 1) / (P + T + 1) over the attributes that weigh anything, and what the gradient by
 * a map's number is made of: w·p·(1 − p)·(lead − z·slope).
 *
 * @param sums f64 [pieces, 3, A]: shares of I, P and T.
 */
function diceFactors(sums: Float64Array, weights: Float32Array, attributes: number) {
  const [lead, slope] = [new Float64Array(attributes), new Float64Array(attributes)];
  const total = addRows(sums, 3 * attributes);
  const totalWeights = addRows(weights, attributes);
  const count = totalWeights.filter((weight) => weight !== 0).length;
  let loss = 0;
  for (let a = 0; a < attributes; a++) {
    if (totalWeights[a] === 0) continue;
    const numerator = 2 * total[a]! + 1;
    const denominator = total[attributes + a]! + total[2 * attributes + a]! + 1;
    loss += (1 - numerator / denominator) / count;
    lead[a] = numerator / denominator ** 2 / count;
    slope[a] = 2 / denominator / count;
  }
  return { loss, lead, slope };
}

/** The sum of rows of so many numbers. */
function addRows(rows: Float64Array | Float32Array, length: number): Float64Array {
  const sum = new Float64Array(length);
  // Plain loops: an iterator and a remainder for each number took half a millisecond here.
  for (let row = 0; row < rows.length; row += length) {
    for (let i = 0; i < length; i++) sum[i]! += rows[row + i]!;
  }
  return sum;
}

/** Mean of max(x, 0) − x·z + log(1 + e^−|x|) by the weights, and its gradient. */
function crossEntropy(
  { logits, labels, labelWeights }: JointLossNumbers,
  dlogits: Float32Array,
): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    const e = Math.exp(-Math.abs(x));
    sum += labelWeights[i]! * (Math.max(x, 0) - x * labels[i]! + Math.log1p(e));
    dlogits[i] = labelWeights[i]! * ((x >= 0 ? 1 : e) / (1 + e) - labels[i]!) / logits.length;
  }
  return sum / logits.length;
}

function place(threads: WasmThreads, slot: string, data: Uint32Array | Float32Array): number {
  const address = threads.scratch(slot, data.byteLength);
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  threads.words(address, words.length).set(words);
  return address;
}
