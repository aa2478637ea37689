/** The update of AdamW on the GPU, and the factors of its formula. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import source from "./wgsl/adamw_step.wgsl" with { type: "text" };

export interface AdamWSettings {
  readonly rate: number;
  /** Share of the mean gradient that is kept, β₁. */
  readonly momentum: number;
  /** Weight decay, apart from the gradient: each parameter loses this share times the learning rate. */
  readonly decay: number;
  /** Number of the step, from 1, for the correction of means that start at zero. */
  readonly step: number;
}

/** Share of the mean square that is kept, β₂, and what is added to its root: PyTorch's defaults. */
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** The factors of a step, f64: keep, beta1, 1 − beta1, beta2, 1 − beta2, size, root, epsilon. */
export function adamWFactors({ rate, momentum, decay, step }: AdamWSettings): number[] {
  const size = rate / (1 - momentum ** step);
  const root = 1 / Math.sqrt(1 - BETA_2 ** step);
  return [1 - rate * decay, momentum, 1 - momentum, BETA_2, 1 - BETA_2, size, root, EPSILON];
}

/**
 * Records m = beta1·m + (1 − beta1)·x; v = beta2·v + (1 − beta2)·x²;
 * w = keep·w − size·m / (root·√v + epsilon), with x = scale·g.
 *
 * w, m, v   f32 [N]  updated in place
 * g         f32 [N]
 * settings  f32 [9]  scale, then {@linkcode adamWFactors}
 *
 * Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, in PyTorch's form.
 */
export function adamWStep(
  gpu: Gpu,
  buffers: Record<"w" | "m" | "v" | "g" | "settings", Binding>,
  size: number,
): void {
  const { w, m, v, g, settings } = buffers;
  const at = numbersAtOnce(size);
  const count = size / at.size;
  const kernel = { label: "adamw_step", source, aliases: { T: at.type } };
  gpu.dispatch(kernel, [w, m, v, g, settings, gpu.uniforms([count])], grid(count / 64));
}
