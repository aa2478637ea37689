/**
 * Adds up the partial sums that a kernel with a split inner sum leaves.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { grid } from "./kernel.ts";
import source from "./wgsl/sum_splits.wgsl" with { type: "text" };

/**
 * Records y[i] = Σ over s of parts[s, i].
 *
 * parts  f32 [S, N]
 * y      f32 [N], N a multiple of 4
 *
 * @throws {RangeError} If N is not a multiple of 4.
 */
export function sumSplits(
  gpu: Gpu,
  parts: Binding,
  y: Binding,
  splits: number,
  size: number,
): void {
  if (size % 4 !== 0) throw new RangeError(`Cannot add parts: ${size} is not a multiple of 4`);
  const sizes = gpu.uniforms([size / 4, splits]);
  gpu.dispatch({ label: "sum_splits", source }, [parts, y, sizes], grid(size / 4 / 64));
}
