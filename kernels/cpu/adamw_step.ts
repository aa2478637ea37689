/** Naive twin of the kernel of AdamW, by the formulas of the paper. */

import type { AdamWSettings } from "../adamw_step.ts";

/** Updates w, m and v in place; β₂ is 0.999 and ε is 10⁻⁸. */
export function adamWStep(
  { w, m, v }: Record<"w" | "m" | "v", Float64Array>,
  g: ArrayLike<number>,
  { rate, momentum, decay, step, scale }: AdamWSettings & { readonly scale: number },
): void {
  for (let i = 0; i < w.length; i++) {
    const x = scale * g[i]!;
    m[i] = momentum * m[i]! + (1 - momentum) * x;
    v[i] = 0.999 * v[i]! + 0.001 * x ** 2;
    const mean = m[i]! / (1 - momentum ** step);
    const square = v[i]! / (1 - 0.999 ** step);
    w[i] = w[i]! - rate * decay * w[i]! - rate * mean / (Math.sqrt(square) + 1e-8);
  }
}
