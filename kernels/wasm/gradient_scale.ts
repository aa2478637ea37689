/**
 * Clipping by the norm of all gradients together on WebAssembly threads. Twin:
 * `kernels/cpu/gradient_scale.ts`.
 */

import type { WasmThreads } from "./threads.ts";

/** Numbers of a piece; a multiple of four. */
const PIECE = 16384;

interface HeapGradient {
  /** Where f32 [N] lies. */
  readonly g: number;
  /** N. */
  readonly size: number;
}

/** min(1, clip / (norm + 10⁻⁶)), where norm is the root of the sum of all squares. */
export function gradientScaleThreads(
  threads: WasmThreads,
  gradients: readonly HeapGradient[],
  clip: number,
): number {
  let squares = 0;
  for (const { g, size } of gradients) {
    const pieces = Math.ceil(size / PIECE);
    const sums = threads.scratch("gradient_squares", 8 * pieces);
    threads.run({ name: "square_sums", numbers: [g, sums], items: size, step: PIECE });
    squares = threads.doubles(sums, pieces).reduce((sum, part) => sum + part, squares);
  }
  return Math.min(1, clip / (Math.sqrt(squares) + 1e-6));
}
