/** The update of AdamW on WebAssembly threads. Twin: `kernels/cpu/adamw_step.ts`. */

import { adamWFactors, type AdamWSettings } from "../adamw_step.ts";
import { floatBits } from "../webgpu/kernel.ts";
import type { WasmThreads } from "./threads.ts";

/** Numbers of a piece; a multiple of four. */
const PIECE = 16384;

/** Updates w, m and v f32 [N] in place, as `kernels/adamw_step.ts` does. */
export function adamWStepThreads(
  threads: WasmThreads,
  { w, m, v, g }: Record<"w" | "m" | "v" | "g", number>,
  settings: AdamWSettings & { readonly scale: number },
  size: number,
): void {
  threads.run({
    name: "adamw_step",
    numbers: [w, m, v, g, ...[settings.scale, ...adamWFactors(settings)].map(floatBits)],
    items: size,
    step: PIECE,
  });
}
