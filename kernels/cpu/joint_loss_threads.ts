/**
 * The joint loss and its gradients on WebAssembly threads: the maps are read once and their gradient
 * written once; targets are made of bits on the way. Twin: `kernels/cpu/joint_loss.ts`.
 *
 * @module
 */

import type { JointLossShape, LossTargets } from "../joint_loss.ts";
import { floatBits } from "../kernel.ts";
import type { WasmThreads } from "../wasm_threads.ts";

/** Pixels of a piece. */
const PIECE = 256;

/** Inputs of the loss on the CPU; shapes as in `kernels/joint_loss.ts`. */
export interface JointLossNumbers extends LossTargets {
  readonly logits: Float32Array;
  readonly bits: Uint32Array;
}

/**
 * Writes dmaps f32 [B, h, w, A] and dlogits f32 [B, A], the gradients of the total.
 *
 * @param addresses Where maps and dmaps lie in the threads' memory.
 * @returns Both losses, each a mean.
 */
export function jointLossThreads(
  threads: WasmThreads,
  { maps, dmaps }: Record<"maps" | "dmaps", number>,
  given: JointLossNumbers,
  dlogits: Float32Array,
  { batch, cells, attributes, weight }: JointLossShape,
): { attributeLoss: number; maskLoss: number } {
  const items = batch * cells;
  const count = Math.ceil(items / PIECE);
  const numbers = batch * cells * attributes;
  const sums = threads.scratch("sums", 8 * count);
  threads.run({
    name: "joint_loss",
    numbers: [
      maps,
      ...(["bits", "wanted", "maskWeights"] as const).map((name) =>
        place(threads, name, given[name])
      ),
      ...[dmaps, sums, cells, attributes, floatBits(2 * weight / numbers)],
    ],
    items,
    step: PIECE,
  });
  const squares = threads.doubles(sums, count).reduce((sum, part) => sum + part, 0);
  const attributeLoss = crossEntropy(given, dlogits);
  return { attributeLoss, maskLoss: squares / numbers };
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
