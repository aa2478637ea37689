/** Naive twin of the copies of views: a loop over the numbers of y. */

import type { StridedView } from "../strided_view.ts";

/** y = the view of x. */
export function stridedCopy(x: ArrayLike<number>, view: StridedView): Float64Array {
  const y = new Float64Array(view.reduce((product, { size }) => product * size, 1));
  for (let o = 0; o < y.length; o++) {
    let [rest, from, isInside] = [o, 0, true];
    for (const { size, start, bound, stride } of view.toReversed()) {
      const at = rest % size + start;
      rest = Math.floor(rest / size);
      from += at * stride;
      isInside &&= at >= 0 && at < bound;
    }
    if (isInside) y[o] = x[from]!;
  }
  return y;
}
