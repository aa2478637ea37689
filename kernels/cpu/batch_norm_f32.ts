/**
 * Batch normalisation in training on the CPU, fused with the ReLU behind it: what runs where there is no
 * adapter. Sums are f64, so that nothing cancels; rows are walked once a sweep.
 */

import type { BatchNormShape } from "../batch_norm.ts";

interface BatchStatistics {
  /** f64 [C] */
  readonly mean: Float64Array;
  /** f64 [C], the biased one. */
  readonly variance: Float64Array;
  /** f64 [C]: 1 / sqrt(variance + epsilon). */
  readonly inverse: Float64Array;
}

/** Mean and variance of each channel of x [M, C]. */
export function batchStatistics(
  x: Float32Array,
  { rows, channels, epsilon }: BatchNormShape,
): BatchStatistics {
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < x.length;) for (let c = 0; c < channels; c++) mean[c]! += x[i++]!;
  for (let c = 0; c < channels; c++) mean[c]! /= rows;
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++) {
      const d = x[i++]! - mean[c]!;
      variance[c]! += d * d;
    }
  }
  for (let c = 0; c < channels; c++) variance[c]! /= rows;
  return { mean, variance, inverse: inverseDeviation(variance, { epsilon }) };
}

/** f64 [C]: 1 / sqrt(variance + epsilon). */
export function inverseDeviation(
  variance: Float64Array,
  { epsilon }: Pick<BatchNormShape, "epsilon">,
): Float64Array {
  return variance.map((value) => 1 / Math.sqrt(value + epsilon));
}

/** y f32 [M, C]: x normalised, scaled, shifted, and cut at zero if a ReLU follows. */
export function normalise(
  x: Float32Array,
  scale: Float32Array,
  shift: Float32Array,
  { mean, inverse }: BatchStatistics,
  { channels, relu }: BatchNormShape,
): Float32Array {
  const y = new Float32Array(x.length);
  const factor = inverse.map((value, c) => value * scale[c]!);
  const offset = mean.map((value, c) => shift[c]! - value * factor[c]!);
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++, i++) {
      const value = x[i]! * factor[c]! + offset[c]!;
      y[i] = relu && value < 0 ? 0 : value;
    }
  }
  return y;
}

/** Gradients of Σ y·dy by x [M, C], scale [C] and shift [C]. */
export function normaliseGrad(
  x: Float32Array,
  y: Float32Array,
  dy: Float32Array,
  scale: Float32Array,
  { mean, inverse }: BatchStatistics,
  { rows, channels, relu }: BatchNormShape,
): Record<"dx" | "dscale" | "dshift", Float32Array> {
  const dx = new Float32Array(x.length);
  const plain = new Float64Array(channels);
  const scaled = new Float64Array(channels);
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++, i++) {
      if (relu && y[i]! <= 0) continue;
      plain[c]! += dy[i]!;
      scaled[c]! += dy[i]! * (x[i]! - mean[c]!) * inverse[c]!;
    }
  }
  const factor = inverse.map((value, c) => value * scale[c]!);
  // dx = factor · (dz − (Σ dz + x̂ · Σ dz·x̂) / M), with all that does not depend on the row taken out.
  const slope = scaled.map((value, c) => value * inverse[c]! / rows);
  const constant = plain.map((value, c) => value / rows - mean[c]! * slope[c]!);
  for (let i = 0; i < x.length;) {
    for (let c = 0; c < channels; c++, i++) {
      const dz = relu && y[i]! <= 0 ? 0 : dy[i]!;
      dx[i] = factor[c]! * (dz - constant[c]! - x[i]! * slope[c]!);
    }
  }
  return { dx, dscale: Float32Array.from(scaled), dshift: Float32Array.from(plain) };
}
