/** Copies of views of tensors on WebAssembly threads. Tensors are addresses of f32 in the threads' memory. */

import type { StridedView } from "../strided_view.ts";
import type { WasmThreads } from "./threads.ts";

/** Bytes of y in a piece. */
const PIECE = 2 ** 15;

/** Writes y: the view of x. */
export function stridedCopyThreads(
  threads: WasmThreads,
  x: number,
  y: number,
  view: StridedView,
): void {
  const [first, second, third, run] = view;
  const outer = [first, second, third];
  const numbers = [
    ...[x, y, second.size, third.size, 4 * run.size],
    ...[...outer.map(({ start }) => start), 4 * run.start],
    ...[...outer.map(({ bound }) => bound), 4 * run.bound],
    ...outer.map(({ stride }) => 4 * stride),
  ];
  const items = first.size * second.size * third.size;
  const step = Math.max(1, Math.floor(PIECE / (4 * run.size)));
  threads.run({ name: "strided_copy", numbers, items, step });
}
