/**
 * Adds up the partial sums that a kernel with a split inner sum leaves.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { grid, numbersAtOnce } from "./kernel.ts";
import source from "./wgsl/sum_splits.wgsl" with { type: "text" };

/**
 * Records y[i] = Σ over s of parts[s, i].
 *
 * parts  f32 [S, N]
 * y      f32 [N], written
 *
 * @param add Adds to what y holds instead of replacing it.
 */
export function sumSplits(
  gpu: Gpu,
  parts: Binding,
  y: Binding,
  splits: number,
  length: number,
  add: boolean = false,
): void {
  const { type, size } = numbersAtOnce(length);
  const kernel = {
    label: "sum_splits",
    source,
    constants: { ADD: add ? 1 : 0 },
    aliases: { T: type },
  };
  const sizes = gpu.uniforms([length / size, splits]);
  gpu.dispatch(kernel, [parts, y, sizes], grid(length / size / 64));
}
