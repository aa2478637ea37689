/**
 * The optimiser's update on the GPU.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { grid } from "./kernel.ts";
import source from "./wgsl/sgd_step.wgsl" with { type: "text" };

/**
 * Records v = momentum·v + (g + decay·w); w = w − rate·v.
 *
 * w, v      f32 [N]  updated in place
 * g         f32 [N]
 * settings  f32 [3]  learning rate, momentum, weight decay
 */
export function sgdStep(
  gpu: Gpu,
  buffers: Record<"w" | "v" | "g" | "settings", Binding>,
  size: number,
): void {
  const { w, v, g, settings } = buffers;
  const bindings = [w, v, g, settings, gpu.uniforms([size])];
  gpu.dispatch({ label: "sgd_step", source }, bindings, grid(size / 64));
}
