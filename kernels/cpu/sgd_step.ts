/** Naive twin of the kernel of stochastic gradient descent. */

/** Updates w and v in place: v = momentum·v + (scale·g + decay·w); w = w − rate·v. */
export function sgdStep(
  w: Float64Array,
  v: Float64Array,
  g: ArrayLike<number>,
  settings: {
    readonly rate: number;
    readonly momentum: number;
    readonly decay: number;
    readonly scale: number;
  },
): void {
  for (let i = 0; i < w.length; i++) {
    v[i] = settings.momentum * v[i]! + settings.scale * g[i]! + settings.decay * w[i]!;
    w[i]! -= settings.rate * v[i]!;
  }
}
