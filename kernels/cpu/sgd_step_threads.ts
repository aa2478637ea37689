/**
 * The optimiser's update on WebAssembly threads. Twin: `kernels/cpu/sgd_step.ts`.
 *
 * @module
 */

import { floatBits } from "../kernel.ts";
import type { WasmThreads } from "../wasm_threads.ts";

/** Numbers of a piece; a multiple of four. */
const PIECE = 16384;

/** Updates w and v f32 [N] in place: v = momentum·v + (g + decay·w); w = w − rate·v. */
export function sgdStepThreads(
  threads: WasmThreads,
  { w, v, g }: Record<"w" | "v" | "g", number>,
  { rate, momentum, decay }: Record<"rate" | "momentum" | "decay", number>,
  size: number,
): void {
  threads.run({
    name: "sgd_step",
    numbers: [w, v, g, floatBits(momentum), floatBits(decay), floatBits(-rate)],
    items: size,
    step: PIECE,
  });
}
