/** Naive twin of the clipping kernel. */

/** min(1, clip / (norm + 10⁻⁶)), with the norm of all gradients together. */
export function gradientScale(gradients: readonly ArrayLike<number>[], clip: number): number {
  let squares = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! ** 2;
  }
  return Math.min(1, clip / (Math.sqrt(squares) + 1e-6));
}
