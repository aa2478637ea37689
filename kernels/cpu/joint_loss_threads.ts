/**
 * The joint loss and its gradients on WebAssembly threads: the maps are read once and their gradient
 * written once; targets are made of bits on the way. Twin: `kernels/cpu/joint_loss.ts`.
 *
 * @module
 */

import type { JointLossShape } from "../joint_loss.ts";
import { floatBits } from "../kernel.ts";
import type { WasmThreads } from "../wasm_threads.ts";

/** Pixels of a piece. */
const PIECE = 256;

/** Inputs of the loss on the CPU; shapes as in `kernels/joint_loss.ts`. */
export interface JointLossNumbers {
  readonly logits: Float32Array;
  readonly bits: Uint32Array;
  readonly labels: ArrayLike<number>;
  readonly regions: ArrayLike<number>;
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
  const { bits, labels, regions } = given;
  const isPositive = (b: number, a: number) => (labels[2 * b + (a >>> 5)]! >>> (a & 31) & 1) === 1;
  const wanted = new Uint32Array(batch * attributes);
  for (let b = 0, i = 0; b < batch; b++) {
    for (let a = 0; a < attributes; a++, i++) wanted[i] = isPositive(b, a) ? regions[a]! : 0;
  }
  const items = batch * cells;
  const count = Math.ceil(items / PIECE);
  const numbers = batch * cells * attributes;
  const sums = threads.scratch("sums", 8 * count);
  threads.run({
    name: "joint_loss",
    numbers: [
      ...[maps, place(threads, "bits", bits), place(threads, "wanted", wanted), dmaps, sums, cells],
      ...[attributes, floatBits(2 * weight / numbers)],
    ],
    items,
    step: PIECE,
  });
  const squares = threads.doubles(sums, count).reduce((sum, part) => sum + part, 0);
  const attributeLoss = crossEntropy(given.logits, isPositive, dlogits, attributes);
  return { attributeLoss, maskLoss: squares / numbers };
}

/** Mean of max(x, 0) − x·z + log(1 + e^−|x|), and its gradient. */
function crossEntropy(
  logits: Float32Array,
  isPositive: (b: number, a: number) => boolean,
  dlogits: Float32Array,
  attributes: number,
): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i]!;
    const z = isPositive(Math.floor(i / attributes), i % attributes) ? 1 : 0;
    const e = Math.exp(-Math.abs(x));
    sum += Math.max(x, 0) - x * z + Math.log1p(e);
    dlogits[i] = ((x >= 0 ? 1 : e) / (1 + e) - z) / logits.length;
  }
  return sum / logits.length;
}

function place(threads: WasmThreads, slot: string, words: Uint32Array): number {
  const address = threads.scratch(slot, words.byteLength);
  threads.words(address, words.length).set(words);
  return address;
}
