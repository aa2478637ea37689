/** The update of stochastic gradient descent on the GPU. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import source from "./wgsl/sgd_step.wgsl" with { type: "text" };

/**
 * Records v = momentum·v + (scale·g + decay·w); w = w − rate·v.
 *
 * w, v      f32 [N]  updated in place
 * g         f32 [N]
 * settings  f32 [4]  scale, learning rate, momentum, weight decay
 */
export function sgdStep(
  gpu: Gpu,
  buffers: Record<"w" | "v" | "g" | "settings", Binding>,
  size: number,
): void {
  const { w, v, g, settings } = buffers;
  const at = numbersAtOnce(size);
  const count = size / at.size;
  const kernel = { label: "sgd_step", source, aliases: { T: at.type } };
  gpu.dispatch(kernel, [w, v, g, settings, gpu.uniforms([count])], grid(count / 64));
}
