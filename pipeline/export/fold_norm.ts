/** A normalisation inside the convolution before it. */

import type { StoredTensor } from "../files/safetensors.ts";

/** What a normalisation does to each channel in inference: scale · (x − mean) / √(variance + ε) + shift. */
export interface Norm {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/**
 * Filters and bias that do both.
 *
 * @param filters f32 [N, C, k, k]
 * @param bias f32 [N], or none.
 */
export function foldNorm(
  { shape, data }: StoredTensor,
  bias: StoredTensor | undefined,
  { scale, shift, mean, variance, epsilon }: Norm,
): { filters: StoredTensor; bias: StoredTensor } {
  const factors = Float64Array.from(scale, (s, n) => s / Math.sqrt(variance[n]! + epsilon));
  const size = data.length / factors.length;
  const folded = Float32Array.from(data as Float32Array, (x, i) => {
    return x * factors[Math.floor(i / size)]!;
  });
  const shifts = Float32Array.from(factors, (factor, n) => {
    return shift[n]! + factor * (((bias?.data as Float32Array)?.[n] ?? 0) - mean[n]!);
  });
  return { filters: { shape, data: folded }, bias: { shape: [shifts.length], data: shifts } };
}
