/** Copies of parts of a tensor, of frames of zeros around it, and of its axes in another order. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import { part, runsOf } from "./webgpu/runs.ts";
import type { StridedView } from "./strided_view.ts";
import source from "./wgsl/strided_copy.wgsl" with { type: "text" };

const WORKGROUP = 64;
/** Invocations that a software adapter takes at once: more for a row would work out its place once more. */
const SOFTWARE_LANES = 8;

/** Invocations for a row of so many numbers, or fours. */
function lanesOf({ isFallback }: Gpu, length: number): number {
  if (isFallback) return SOFTWARE_LANES;
  let lanes = WORKGROUP;
  while (lanes > SOFTWARE_LANES && lanes > length) lanes /= 2;
  return lanes;
}

/**
 * Records y = the view of x.
 *
 * x  f32 [..]
 * y  f32 [..]  written: all numbers of the view
 */
export function stridedCopy(gpu: Gpu, x: Binding, y: Binding, view: StridedView): void {
  const [first, second, third, run] = view;
  const outer = [first, second, third];
  const strides = outer.map(({ stride }) => stride);
  const { type, size } = numbersAtOnce(run.size, run.start, run.bound, ...strides);
  const lanes = lanesOf(gpu, run.size / size);
  const kernel = {
    label: "strided_copy",
    source,
    aliases: { T: type },
    constants: { LANES: lanes },
  };
  const rows = second.size * third.size;
  const bytes = { x: 4 * first.stride, y: 4 * rows * run.size };
  const record = (boundX: Binding, boundY: Binding, count: number, bound: number) => {
    const sizes = [count, second.size, third.size, run.size / size];
    const starts = [...outer.map(({ start }) => start), run.start / size];
    const bounds = [bound, second.bound, third.bound, run.bound / size];
    const steps = [...strides.map((stride) => stride / size), 1];
    const settings = gpu.uniforms([...sizes, ...starts, ...bounds, ...steps]);
    gpu.dispatch(kernel, [boundX, boundY, settings], grid(count * rows * lanes / WORKGROUP));
  };
  if (!isByItems(view)) {
    record(x, y, first.size, first.bound);
    return;
  }
  for (const items of runsOf(gpu, first.size, { bound: [bytes.x, bytes.y] })) {
    record(part(x, items, bytes.x), part(y, items, bytes.y), items.count, items.count);
  }
}

/** Whether all of the first axis is taken, and is that of x too, so that parts of x become parts of y. */
function isByItems([first, ...inner]: StridedView): boolean {
  const isWhole = first.start === 0 && first.size === first.bound && first.size > 1;
  return isWhole && inner.every(({ bound, stride }) => bound * stride <= first.stride);
}
