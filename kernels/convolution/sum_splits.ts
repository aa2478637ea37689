/** Adds up the partial sums that a kernel with a split inner sum leaves. */

import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { grid, numbersAtOnce } from "../webgpu/kernel.ts";
import source from "../wgsl/convolution/sum_splits.wgsl" with { type: "text" };

/** Parts from which several invocations share a sum: half of the lanes that the shader has for it. */
const MANY_SPLITS = 16;
/** Numbers that one invocation of the shader's `main`, or eight neighbours of `many`, make a workgroup of. */
const WORKGROUP = { main: 64, many: 8 };

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
  sumBy("main", gpu, parts, y, splits, length, add);
}

/**
 * As {@linkcode sumSplits}, for hardware: many parts are shared out to the lanes of a workgroup, which adds
 * them in another, but always the same, order.
 */
export function sumManySplits(
  gpu: Gpu,
  parts: Binding,
  y: Binding,
  splits: number,
  length: number,
): void {
  sumBy(splits < MANY_SPLITS ? "main" : "many", gpu, parts, y, splits, length, false);
}

function sumBy(
  entry: "main" | "many",
  gpu: Gpu,
  parts: Binding,
  y: Binding,
  splits: number,
  length: number,
  add: boolean,
): void {
  const { type, size } = numbersAtOnce(length);
  const kernel = {
    label: "sum_splits",
    source,
    entry,
    constants: { ADD: add ? 1 : 0 },
    aliases: { T: type },
  };
  const sizes = gpu.uniforms([length / size, splits]);
  gpu.dispatch(kernel, [parts, y, sizes], grid(length / size / WORKGROUP[entry]));
}
