/** Sums of tensors on WebAssembly threads. Tensors are addresses of f32 in the threads' memory. */

import type { WasmThreads } from "./threads.ts";

/** Fours in a piece. */
const PIECE = 2 ** 12;

/**
 * Writes y[i] = a[i] + b[i mod N].
 *
 * @param sizes Numbers of a and y, and of b, N: multiples of 4, the first of the second.
 */
export function addThreads(
  threads: WasmThreads,
  { a, b, y }: Record<"a" | "b" | "y", number>,
  sizes: Record<"a" | "b", number>,
): void {
  const numbers = [a, b, y, 4 * sizes.b];
  threads.run({ name: "add", numbers, items: sizes.a / 4, step: PIECE });
}
