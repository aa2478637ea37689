/**
 * Naive twin of the optimiser kernel.
 *
 * @module
 */

/** Updates w and v in place: v = momentum·v + (g + decay·w); w = w − rate·v. */
export function sgdStep(
  w: Float64Array,
  v: Float64Array,
  g: ArrayLike<number>,
  settings: { readonly rate: number; readonly momentum: number; readonly decay: number },
): void {
  for (let i = 0; i < w.length; i++) {
    v[i] = settings.momentum * v[i]! + g[i]! + settings.decay * w[i]!;
    w[i]! -= settings.rate * v[i]!;
  }
}
