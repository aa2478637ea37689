/** Which part of a picture is in sight. */

import type { Extent } from "../../../../kernels/rasterize.ts";
import type { Spot } from "../spots.ts";

/** The part of the picture that is in sight, in its pixels. */
export interface Sight {
  readonly x: number;
  readonly y: number;
  /** How much larger than the whole picture it is shown. */
  readonly zoom: number;
}

export const WHOLE: Sight = { x: 0, y: 0, zoom: 1 };
const MOST_ZOOM = 12;

/** Enlarges about a spot, which stays where it is. */
export function zoomAt({ x, y, zoom }: Sight, [atX, atY]: Spot, factor: number): Sight {
  const next = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
  if (next === 1) return WHOLE;
  const share = zoom / next;
  return { x: atX - (atX - x) * share, y: atY - (atY - y) * share, zoom: next };
}

/** The spot in the middle of what is in sight. */
export function middleOf({ width, height }: Extent, { x, y, zoom }: Sight): Spot {
  return [x + width / zoom / 2, y + height / zoom / 2];
}

/** By how much two fingers have moved apart, and the middle of them now. */
export function pinched(
  from: readonly Spot[],
  to: readonly Spot[],
): [factor: number, middle: Spot] {
  const apart = ([a, b]: readonly Spot[]) => Math.hypot(a![0] - b![0], a![1] - b![1]);
  const [[x, y], [u, v]] = to as [Spot, Spot];
  return [apart(to) / Math.max(1, apart(from)), [(x + u) / 2, (y + v) / 2]];
}
