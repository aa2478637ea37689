/**
 * Clipping by the norm of all gradients together on the GPU: the factor goes from kernel to kernel and is
 * never read back.
 */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, type Kernel } from "./webgpu/kernel.ts";
import source from "./wgsl/gradient_scale.wgsl" with { type: "text" };

interface Gradient {
  /** f32 [N] */
  readonly g: Binding;
  /** N. */
  readonly size: number;
}

/** Numbers that one invocation squares. */
const RUN = 64;

/**
 * Records settings[0] = min(1, clip / (norm + 10⁻⁶)), where norm is the root of the sum of all squares; NaN
 * where a gradient holds one, so that it shows in all parameters.
 *
 * settings  f32 [1…]  written at 0 only
 *
 * Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks; the 10⁻⁶
 * is PyTorch's.
 */
export function gradientScale(
  gpu: Gpu,
  gradients: readonly Gradient[],
  settings: Binding,
  clip: number,
): void {
  const kernel: Kernel = {
    label: "gradient_scale",
    source,
    constants: { RUN, CLIP: { float: clip } },
  };
  const groups = gradients.map(({ size }) => Math.ceil(size / (64 * RUN)));
  const all = groups.reduce((sum, count) => sum + count, 0);
  const parts = gpu.scratch("gradient_squares", 4 * all);
  let first = 0;
  gradients.forEach(({ g, size }, index) => {
    const bindings = { 0: g, 1: parts, 3: gpu.uniforms([size, first]) };
    gpu.dispatch({ ...kernel, entry: "squares" }, bindings, grid(groups[index]!));
    first += groups[index]!;
  });
  const bindings = { 1: parts, 2: settings, 3: gpu.uniforms([all, 0]) };
  gpu.dispatch({ ...kernel, entry: "total" }, bindings, [1]);
}
