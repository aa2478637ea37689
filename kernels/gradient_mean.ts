/** The mean of the gradients of several batches, one batch after the other. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import source from "./wgsl/gradient_mean.wgsl" with { type: "text" };

/**
 * Records mean = (1 − share)·mean + share·g. With a share of 1 it is g, whatever the mean was.
 *
 * mean   f32 [N]  updated in place
 * g      f32 [N]
 * share  f32 [1]  the batch's share of all images so far
 */
export function gradientMean(
  gpu: Gpu,
  { mean, g, share }: Readonly<Record<"mean" | "g" | "share", Binding>>,
  size: number,
): void {
  const at = numbersAtOnce(size);
  const count = size / at.size;
  const kernel = { label: "gradient_mean", source, aliases: { T: at.type } };
  gpu.dispatch(kernel, [mean, g, share, gpu.uniforms([count])], grid(count / 64));
}
