/** Spots of a picture, and what lies between them. */

/** Where something is in a picture, in pixels. */
export type Spot = readonly [x: number, y: number];

/** The points of x0, y0, x1, y1, … one by one. */
export function pairs(points: readonly number[]): Spot[] {
  return Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i]!, points[2 * i + 1]!]);
}

/** Their mean. */
export function middleOf(spots: readonly Spot[]): Spot {
  const mean = (axis: 0 | 1) => sum(spots.map((spot) => spot[axis])) / spots.length;
  return [mean(0), mean(1)];
}

/** Sum of the squared distances to their middle. */
export function spreadOf(spots: readonly Spot[]): number {
  const middle = middleOf(spots);
  return sum(spots.map((spot) => squareBetween(spot, middle)));
}

export function minus([x, y]: Spot, [u, v]: Spot): Spot {
  return [x - u, y - v];
}

export function squareBetween([x, y]: Spot, [u, v]: Spot): number {
  return (x - u) ** 2 + (y - v) ** 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
