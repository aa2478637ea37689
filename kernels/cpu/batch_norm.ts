/** Naive twin of the batch normalisation kernels: plain loops in f64. */

import type { BatchNormShape } from "../batch_norm.ts";

interface BatchNormResult {
  readonly y: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly movingMean: Float64Array;
  readonly movingVariance: Float64Array;
}

/** Numbers of one channel each. */
type PerChannel = Record<"scale" | "shift" | "movingMean" | "movingVariance", ArrayLike<number>>;

/** Normalises x [M, C] with its own statistics. */
export function batchNorm(
  x: ArrayLike<number>,
  { scale, shift, movingMean, movingVariance }: PerChannel,
  { rows, channels, relu, epsilon, momentum }: BatchNormShape,
): BatchNormResult {
  const y = new Float64Array(rows * channels);
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  const nextMean = new Float64Array(channels);
  const nextVariance = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) mean[c]! += x[r * channels + c]! / rows;
    for (let r = 0; r < rows; r++) variance[c]! += (x[r * channels + c]! - mean[c]!) ** 2 / rows;
    nextMean[c] = momentum * movingMean[c]! + (1 - momentum) * mean[c]!;
    const unbiased = variance[c]! * rows / Math.max(1, rows - 1);
    nextVariance[c] = momentum * movingVariance[c]! + (1 - momentum) * unbiased;
    for (let r = 0; r < rows; r++) {
      const z = (x[r * channels + c]! - mean[c]!) / Math.sqrt(variance[c]! + epsilon);
      const value = z * scale[c]! + shift[c]!;
      y[r * channels + c] = relu ? Math.max(0, value) : value;
    }
  }
  return { y, mean, variance, movingMean: nextMean, movingVariance: nextVariance };
}

/** Gradients of Σ y·dy by x, scale and shift. */
export function batchNormGrad(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  given: PerChannel,
  shape: BatchNormShape,
): Record<"dx" | "dscale" | "dshift", Float64Array> {
  const { rows, channels, relu, epsilon } = shape;
  const { y, mean, variance } = batchNorm(x, given, shape);
  const dx = new Float64Array(rows * channels);
  const dscale = new Float64Array(channels);
  const dshift = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    const deviation = Math.sqrt(variance[c]! + epsilon);
    const normalised = (r: number) => (x[r * channels + c]! - mean[c]!) / deviation;
    const dz = (r: number) => relu && y[r * channels + c]! <= 0 ? 0 : dy[r * channels + c]!;
    for (let r = 0; r < rows; r++) {
      dshift[c]! += dz(r);
      dscale[c]! += dz(r) * normalised(r);
    }
    for (let r = 0; r < rows; r++) {
      const common = (dshift[c]! + normalised(r) * dscale[c]!) / rows;
      dx[r * channels + c] = given.scale[c]! / deviation * (dz(r) - common);
    }
  }
  return { dx, dscale, dshift };
}
