/** Derivatives by central differences, for checking gradients. */

/**
 * The derivative of `value` by each number of `of`, which `value` reads. The numbers are changed one at a
 * time and put back.
 */
export function derivatives(
  of: Float64Array,
  value: () => number,
  step = 1e-5,
): Float64Array {
  return of.map((kept, i) => {
    of[i] = kept + step;
    const above = value();
    of[i] = kept - step;
    const below = value();
    of[i] = kept;
    return (above - below) / (2 * step);
  });
}
