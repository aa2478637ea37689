/**
 * A dense layer with few rows and many inputs on WebAssembly threads. All tensors are addresses of f32 in
 * the threads' memory; outputs come by eights.
 *
 * Twins: `kernels/cpu/conv2d.ts`, for which a row is an image of one pixel.
 */

import type { Operands, WasmThreads } from "./threads.ts";
import { CHANNELS, ROWS } from "./wat/tiles.ts";

/** Sizes of x [rows, inputs] · w [inputs, outputs]. */
interface DenseShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** Inputs of a piece: their weights stay in a core's cache for all rows. */
const PIECE = 1024;

/** Whether the functions below take this shape. */
export function fitsDense({ outputs }: DenseShape): boolean {
  return outputs % CHANNELS === 0;
}

/** Writes y [rows, outputs] = x · w. */
export function denseThreads(
  threads: WasmThreads,
  [x, w, y]: Operands,
  { rows, inputs, outputs }: DenseShape,
): void {
  const pieces = Math.ceil(inputs / PIECE);
  const stride = 4 * Math.ceil(rows / ROWS) * ROWS * outputs;
  const parts = threads.scratch("sums", pieces * stride);
  threads.run({
    name: "dense",
    numbers: [x, w, parts, rows, inputs, outputs / CHANNELS],
    items: inputs,
    step: PIECE,
  });
  const vectors = rows * outputs / 4;
  threads.run({
    name: "add_parts",
    numbers: [parts, y, pieces, stride],
    items: vectors,
    step: Math.ceil(vectors / threads.count),
  });
}

/** Writes dx [rows, inputs] = dy · wᵀ. */
export function denseInputGradThreads(
  threads: WasmThreads,
  [dy, w, dx]: Operands,
  { rows, inputs, outputs }: DenseShape,
): void {
  threads.run({
    name: "dense_input_grad",
    numbers: [dy, w, dx, rows, inputs, outputs],
    items: inputs,
    step: PIECE,
  });
}
