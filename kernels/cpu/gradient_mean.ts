/** The mean of gradients: the naive twin of `kernels/gradient_mean.ts`. */

/** mean = (1 − share)·mean + share·g, in place. */
export function gradientMean(mean: Float64Array, g: ArrayLike<number>, share: number): void {
  for (let i = 0; i < mean.length; i++) {
    mean[i] = share === 1 ? g[i]! : (1 - share) * mean[i]! + share * g[i]!;
  }
}
