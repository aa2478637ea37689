/** The update of stochastic gradient descent on WebAssembly threads. Twin: `kernels/cpu/sgd_step.ts`. */

import { floatBits } from "../webgpu/kernel.ts";
import type { WasmThreads } from "./threads.ts";

/** Numbers of a piece; a multiple of four. */
const PIECE = 16384;

/** Updates w and v f32 [N] in place: v = momentum·v + (scale·g + decay·w); w = w − rate·v. */
export function sgdStepThreads(
  threads: WasmThreads,
  { w, v, g }: Record<"w" | "v" | "g", number>,
  { rate, momentum, decay, scale }: Record<"rate" | "momentum" | "decay" | "scale", number>,
  size: number,
): void {
  threads.run({
    name: "sgd_step",
    numbers: [w, v, g, ...[scale, momentum, decay, -rate].map(floatBits)],
    items: size,
    step: PIECE,
  });
}
