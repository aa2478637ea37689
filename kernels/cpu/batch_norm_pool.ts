/** Naive twin of the kernels that pool what they normalise: plain loops in f64. */

import type { BatchNormPoolShape } from "../batch_norm_pool.ts";

interface BatchNormPoolResult {
  /** [B, H/2, W/2, C] */
  readonly y: Float64Array;
  /** For each number of y, where in x the largest of its window lies; the first of equal ones. */
  readonly from: Uint32Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Numbers of one channel each. */
type PerChannel = Record<"scale" | "shift", ArrayLike<number>>;

/** Normalises x [B, H, W, C] with its own statistics and takes the largest of each window, at least 0. */
export function batchNormPool(
  x: ArrayLike<number>,
  { scale, shift }: PerChannel,
  { batch, height, width, channels, epsilon }: BatchNormPoolShape,
): BatchNormPoolResult {
  const rows = batch * height * width;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < rows * channels; i++) mean[i % channels]! += x[i]! / rows;
  for (let i = 0; i < rows * channels; i++) {
    variance[i % channels]! += (x[i]! - mean[i % channels]!) ** 2 / rows;
  }
  const [high, wide] = [Math.floor(height / 2), Math.floor(width / 2)];
  const y = new Float64Array(batch * high * wide * channels);
  const from = new Uint32Array(y.length);
  let o = 0;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        for (let c = 0; c < channels; c++, o++) {
          y[o] = -Infinity;
          for (let u = 2 * i; u < 2 * i + 2; u++) {
            for (let v = 2 * j; v < 2 * j + 2; v++) {
              const at = ((b * height + u) * width + v) * channels + c;
              const normal = (x[at]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon);
              const z = normal * scale[c]! + shift[c]!;
              if (z > y[o]! || Number.isNaN(z)) [y[o], from[o]] = [z, at];
            }
          }
          y[o] = Math.max(0, y[o]!);
        }
      }
    }
  }
  return { y, from, mean, variance };
}

/** Gradients of Σ y·dy by x, scale and shift. */
export function batchNormPoolGrad(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  given: PerChannel,
  shape: BatchNormPoolShape,
): Record<"dx" | "dscale" | "dshift", Float64Array> {
  const { batch, height, width, channels, epsilon } = shape;
  const { y, from, mean, variance } = batchNormPool(x, given, shape);
  const rows = batch * height * width;
  const dx = new Float64Array(rows * channels);
  const dscale = new Float64Array(channels);
  const dshift = new Float64Array(channels);
  const deviation = variance.map((value) => Math.sqrt(value + epsilon));
  const normalised = (i: number) => (x[i]! - mean[i % channels]!) / deviation[i % channels]!;
  // Before it goes through the normalisation, dx holds the gradient of its result.
  for (let o = 0; o < y.length; o++) {
    if (y[o]! <= 0) continue;
    dx[from[o]!] = dy[o]!;
    dshift[o % channels]! += dy[o]!;
    dscale[o % channels]! += dy[o]! * normalised(from[o]!);
  }
  for (let i = 0; i < dx.length; i++) {
    const c = i % channels;
    const common = (dshift[c]! + normalised(i) * dscale[c]!) / rows;
    dx[i] = given.scale[c]! / deviation[c]! * (dx[i]! - common);
  }
  return { dx, dscale, dshift };
}
