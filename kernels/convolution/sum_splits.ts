/** Adds up the partial sums that a kernel with a split inner sum leaves. */

import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { grid, numbersAtOnce } from "../webgpu/kernel.ts";
import source from "../wgsl/convolution/sum_splits.wgsl" with { type: "text" };

/** Parts from which several invocations share a sum: half of the lanes that the shader has for it. */
const MANY_SPLITS = 16;
/** Numbers that one invocation of the shader's `main`, or eight neighbours of `many`, make a workgroup of. */
const WORKGROUP = { main: 64, many: 8 };

/** How parts are added up. */
interface SumOptions {
  /** Adds to what y holds instead of replacing it. */
  readonly add?: boolean;
  /**
   * Whether many parts are shared out to the lanes of a workgroup, which adds them in another, but always the
   * same, order: for hardware.
   */
  readonly shared?: boolean;
}

/**
 * Records y[i] = Σ over s of parts[s, i].
 *
 * parts  f32 [splits, length]
 * y      f32 [length], written
 */
export function sumSplits(
  gpu: Gpu,
  [parts, y]: readonly [Binding, Binding],
  { splits, length }: Record<"splits" | "length", number>,
  { add = false, shared = false }: SumOptions = {},
): void {
  const entry = shared && splits >= MANY_SPLITS ? "many" : "main";
  const { type, size } = numbersAtOnce(length);
  const constants = { ADD: add ? 1 : 0 };
  const kernel = { label: "sum_splits", source, entry, constants, aliases: { T: type } };
  const sizes = gpu.uniforms([length / size, splits]);
  gpu.dispatch(kernel, [parts, y, sizes], grid(length / size / WORKGROUP[entry]));
}
