/** Naive twin of the kernels for max pooling: plain loops. */

import type { MaxPoolShape } from "../max_pool.ts";

interface MaxPoolResult {
  /** [B, ⌊H / 2⌋, ⌊W / 2⌋, C] */
  readonly y: Float64Array;
  /** For each number of y, where in x it comes from: the first of equal ones. */
  readonly from: Uint32Array;
}

/** The largest element of every 2x2 pixels of x [B, H, W, C]. */
export function maxPool(x: ArrayLike<number>, shape: MaxPoolShape): MaxPoolResult {
  const { batch, height, width, channels } = shape;
  const [high, wide] = [Math.floor(height / 2), Math.floor(width / 2)];
  const y = new Float64Array(batch * high * wide * channels).fill(-Infinity);
  const from = new Uint32Array(y.length);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < 2 * high; i++) {
      for (let j = 0; j < 2 * wide; j++) {
        for (let c = 0; c < channels; c++) {
          const at = ((b * height + i) * width + j) * channels + c;
          const o = ((b * high + (i >> 1)) * wide + (j >> 1)) * channels + c;
          if (x[at]! > y[o]!) [y[o], from[o]] = [x[at]!, at];
        }
      }
    }
  }
  return { y, from };
}

/** Gradient of Σ y·dy by x, for what {@linkcode maxPool} gave. */
export function maxPoolGrad(
  dy: ArrayLike<number>,
  from: Uint32Array,
  size: number,
): Float64Array {
  const dx = new Float64Array(size);
  from.forEach((at, o) => dx[at]! += dy[o]!);
  return dx;
}
