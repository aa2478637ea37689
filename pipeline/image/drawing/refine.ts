/** A map with more cells than it had, for pictures. */

import type { HeatMap } from "./heat_map.ts";

/** A cell becomes at most this many along each axis. */
const FINEST = 8;
/** Maps do not grow beyond this many cells along an axis: tiles have about as many pixels. */
const ENOUGH = 352;

/**
 * Enlarges a map smoothly, pixel centres on pixel centres, the edges repeated, by a whole number that
 * leaves nothing to see of its cells. Cubic (Catmull and Rom, 1974): it goes through the map's own values,
 * and what bends between them bends smoothly, where bilinear enlargement has creases. No value leaves the
 * range of the map's own, so that an empty map stays empty.
 */
export function refineMap(map: HeatMap): HeatMap {
  const factor = Math.min(FINEST, Math.floor(ENOUGH / Math.max(map.width, map.height)));
  if (factor <= 1) return map;
  const values = map.data.map(unit);
  const [least, most] = [values.reduce(min, 1), values.reduce(max, 0)];
  const wide = refineRows({ ...map, data: values }, factor);
  const data = refineColumns(wide, factor).map((value) => min(max(value, least), most));
  return { width: wide.width, height: map.height * factor, data };
}

function refineRows({ width, height, data }: HeatMap, factor: number): HeatMap {
  const wide = new Float32Array(width * factor * height);
  for (const [x, { places: [a, b, c, d], weights }] of taps(width, factor).entries()) {
    for (let y = 0, from = 0; y < height; y++, from += width) {
      wide[y * width * factor + x] = weights[0] * data[from + a]! + weights[1] * data[from + b]! +
        weights[2] * data[from + c]! + weights[3] * data[from + d]!;
    }
  }
  return { width: width * factor, height, data: wide };
}

function refineColumns({ width, height, data }: HeatMap, factor: number): Float32Array {
  const high = new Float32Array(width * height * factor);
  for (const [y, { places, weights }] of taps(height, factor).entries()) {
    const [a, b, c, d] = places.map((row) => row * width) as unknown as Four;
    for (let x = 0; x < width; x++) {
      high[y * width + x] = weights[0] * data[a + x]! + weights[1] * data[b + x]! +
        weights[2] * data[c + x]! + weights[3] * data[d + x]!;
    }
  }
  return high;
}

type Four = readonly [number, number, number, number];

/** What a finer place along an axis is made of. */
interface Taps {
  /** The four cells around it. */
  readonly places: Four;
  readonly weights: Four;
}

/** For each finer place along an axis. */
function taps(cells: number, factor: number): Taps[] {
  return Array.from({ length: cells * factor }, (_, place) => {
    const at = (place + 0.5) / factor - 0.5;
    const first = Math.floor(at);
    const within = (cell: number) => min(max(cell, 0), cells - 1);
    const places = [
      within(first - 1),
      within(first),
      within(first + 1),
      within(first + 2),
    ] as const;
    return { places, weights: cubic(at - first) };
  });
}

/** The weights of four neighbours at t from the second to the third. */
function cubic(t: number): Four {
  return [
    (-t + 2 * t ** 2 - t ** 3) / 2,
    (2 - 5 * t ** 2 + 3 * t ** 3) / 2,
    (t + 4 * t ** 2 - 3 * t ** 3) / 2,
    (-(t ** 2) + t ** 3) / 2,
  ];
}

function min(a: number, b: number): number {
  return Math.min(a, b);
}

function max(a: number, b: number): number {
  return Math.max(a, b);
}

/** The value within 0 to 1; what is not a number is 0. */
function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}
