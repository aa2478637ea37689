/**
 * 2x2 max pooling without overlap or border, NHWC, and its gradient on WebAssembly threads. All tensors
 * are addresses of f32 in the threads' memory; channels come by fours.
 */

import type { MaxPoolShape } from "../max_pool.ts";
import type { WasmThreads } from "./threads.ts";

/** Rows of y in a piece. */
const PIECE = 4;

/** Writes y: the largest element of each window. */
export function maxPoolThreads(
  threads: WasmThreads,
  x: number,
  y: number,
  shape: MaxPoolShape,
): void {
  threads.run({ name: "max_pool", numbers: [x, y, ...sizesOf(shape)], ...pieces(shape) });
}

/** Writes dx: each window's gradient at its largest element, the first one if several are equal. */
export function maxPoolGradThreads(
  threads: WasmThreads,
  { x, y, dy, dx }: Record<"x" | "y" | "dy" | "dx", number>,
  shape: MaxPoolShape,
): void {
  const numbers = [x, y, dy, dx, ...sizesOf(shape)];
  threads.run({ name: "max_pool_grad", numbers, ...pieces(shape) });
}

function sizesOf({ height, width, channels }: MaxPoolShape): number[] {
  return [height, width, channels, Math.floor(height / 2), Math.floor(width / 2)];
}

function pieces({ batch, height }: MaxPoolShape): { items: number; step: number } {
  return { items: batch * Math.floor(height / 2), step: PIECE };
}
