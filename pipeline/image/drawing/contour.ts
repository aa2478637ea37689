/** The line along which a map has a value: what a picture shows as the border of "here". */

import type { HeatMap } from "./heat_map.ts";

/** A probability or a map's value that says as much for as against. */
export const HALF = 0.5;

/** A point in cells of the map: (0, 0) is the map's upper left corner, (w, h) its lower right one. */
type ContourPoint = readonly [x: number, y: number];

/** A straight piece of a contour. */
export type ContourPiece = readonly [from: ContourPoint, to: ContourPoint];

/**
 * The pieces of the line between what is above a value and what is not (marching squares). Values count at
 * the cells' centres and are linear between them; from the outermost centres to the map's edge they stay
 * as they are, and the line ends at that edge.
 */
export function contourOf(map: HeatMap, level: number = HALF): ContourPiece[] {
  const xs = places(map.width);
  const ys = places(map.height);
  const pieces: ContourPiece[] = [];
  const valueAt = (row: number, column: number) =>
    (map.data[ys[row]!.cell * map.width + xs[column]!.cell] ?? 0) - level;
  const isOver = (row: number, column: number) => valueAt(row, column) > 0;
  for (let row = 0; row + 1 < ys.length; row++) {
    for (let column = 0; column + 1 < xs.length; column++) {
      const over = isOver(row, column);
      const isEven = over === isOver(row, column + 1) && over === isOver(row + 1, column) &&
        over === isOver(row + 1, column + 1);
      if (isEven) continue;
      const square = CORNERS.map(([across, down]): Corner => ({
        x: xs[column + across]!.place,
        y: ys[row + down]!.place,
        over: valueAt(row + down, column + across),
      }));
      pieces.push(...piecesOf(square));
    }
  }
  return pieces;
}

/** The greatest value of a map, within 0 to 1; what is not a number is 0. */
export function peakOf({ data }: HeatMap): number {
  return data.reduce((peak, value) => value > peak ? Math.min(value, 1) : peak, 0);
}

/** What is said of a map that is nowhere above one half, and null of any other. */
export function emptinessOf(map: HeatMap): string | null {
  const peak = peakOf(map);
  return peak > HALF ? null : `nothing above 0.5; at most ${peak.toFixed(2)}`;
}

/** The corners of a square, clockwise. */
const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]] as const;

/** A corner of a square and by how much its value is above the contour's. */
interface Corner {
  readonly x: number;
  readonly y: number;
  readonly over: number;
}

/** Where along an axis values count, and the cells they are of: all centres and both edges. */
function places(cells: number): { place: number; cell: number }[] {
  const centres = Array.from({ length: cells }, (_, cell) => ({ place: cell + 0.5, cell }));
  return [{ place: 0, cell: 0 }, ...centres, { place: cells, cell: cells - 1 }];
}

/** What lies in one square: up to two pieces, each from one side of it to another. */
function piecesOf(square: readonly Corner[]): ContourPiece[] {
  const crossings: ContourPoint[] = [];
  for (const [side, from] of square.entries()) {
    const to = square[(side + 1) % square.length]!;
    if ((from.over > 0) === (to.over > 0)) continue;
    const share = from.over / (from.over - to.over);
    crossings.push([from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share]);
  }
  const [a, b, c, d] = crossings;
  if (!a || !b) return [];
  if (!c || !d) return [[a, b]];
  // A saddle: the middle decides which corners hang together. The first crossing is on the first side.
  const middle = square.reduce((sum, { over }) => sum + over, 0) > 0;
  return middle === (square[0]!.over > 0) ? [[a, b], [c, d]] : [[d, a], [b, c]];
}
