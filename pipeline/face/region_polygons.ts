/** From 68 landmarks to the vertices of the 14 regions: the reference's whole-number arithmetic. */

import { type Corner, type Region, REGION_SHAPES, REGIONS } from "./regions.ts";

/** Landmarks of a face. Source: iBUG 300-W annotation. */
const POINTS = 68;

/** Vertices of the region with the most: what every polygon takes in an array of polygons. */
export const MAX_CORNERS: number = Math.max(
  ...Object.values(REGION_SHAPES).map((shape) => shape.corners.length),
);

/** Vertices beyond this are refused: the rasteriser is exact up to it. */
const MAX_COORDINATE = 32767;

/** Polygons of B faces, as the rasteriser takes them. */
export interface RegionPolygons {
  /** i32 [B, 14, MAX_CORNERS, 2]: x and y of each vertex in pixels of the drawing frame. */
  readonly polygons: Int32Array<ArrayBuffer>;
  /** u32 [B, 14]: vertices of each polygon, 0 where the region is absent. */
  readonly counts: Uint32Array<ArrayBuffer>;
}

/** Polygons without vertices for `faces` faces, to be filled by {@linkcode writePolygons}. */
export function makePolygons(faces: number): RegionPolygons {
  const regions = faces * REGIONS.length;
  return {
    polygons: new Int32Array(regions * MAX_CORNERS * 2),
    counts: new Uint32Array(regions),
  };
}

/**
 * The 14 polygons of one face.
 *
 * @param points f32 [68, 2]: x0, y0, x1, y1, …
 * @param scaleX drawing-frame pixels per unit of `points`, to the right
 * @param scaleY the same downwards
 * @throws {TypeError} If there are not 68 points.
 * @throws {RangeError} If a coordinate is not a number, or a vertex lies beyond ±32767.
 */
export function polygonsOf(points: Float32Array, scaleX = 1, scaleY = 1): RegionPolygons {
  const polygons = makePolygons(1);
  writePolygons(points, polygons, 0, scaleX, scaleY);
  return polygons;
}

/** As {@linkcode polygonsOf}, into place `face` of an array of polygons. */
export function writePolygons(
  points: Float32Array,
  target: RegionPolygons,
  face: number,
  scaleX = 1,
  scaleY = 1,
): void {
  const whole = wholePoints(points, scaleX, scaleY);
  const shifts = [0, -crownHeight(whole), yOf(whole, 58) - yOf(whole, 33)];
  for (let region = 0; region < REGIONS.length; region++) {
    const slot = face * REGIONS.length + region;
    const at = slot * MAX_CORNERS * 2;
    target.polygons.fill(0, at, at + MAX_CORNERS * 2);
    target.counts[slot] = writeRegion(region, whole, shifts, target.polygons, at);
  }
}

/** A region's outline as numbers. */
interface Outline {
  /** Landmark of each corner. */
  readonly points: readonly number[];
  /** The landmark that each corner is moved away from sideways, or itself. */
  readonly awayFrom: readonly number[];
  /** How each corner is moved down or up: place in the face's shifts. */
  readonly shift: readonly number[];
  readonly onlyIfRightOf: readonly [number, number] | null;
  readonly insideOnly: boolean;
}

const OUTLINES: readonly Outline[] = REGIONS.map((region) => {
  const { corners, onlyIfRightOf = null, insideOnly = false } = REGION_SHAPES[region];
  return {
    points: corners.map(pointOf),
    awayFrom: corners.map((corner) =>
      typeof corner === "object" && "awayFrom" in corner ? corner.awayFrom : pointOf(corner)
    ),
    shift: corners.map((corner) =>
      typeof corner === "object" && "shift" in corner
        ? ["", "crown", "neck"].indexOf(corner.shift)
        : 0
    ),
    onlyIfRightOf,
    insideOnly,
  };
});

function pointOf(corner: Corner): number {
  return typeof corner === "number" ? corner : corner.point;
}

/** Scales the points into the drawing frame and truncates toward zero, as the reference does. */
function wholePoints(points: Float32Array, scaleX: number, scaleY: number): Float64Array {
  if (points.length !== 2 * POINTS) {
    throw new TypeError(
      `Cannot place the regions: ${POINTS} landmarks are needed, got ${points.length / 2}`,
    );
  }
  const whole = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) {
    const value = (points[i] as number) * (i % 2 === 0 ? scaleX : scaleY);
    if (!Number.isFinite(value)) {
      const name = `${i % 2 === 0 ? "x" : "y"}_${i >> 1}`;
      throw new RangeError(`Cannot place the regions: landmark ${name} is ${points[i]}`);
    }
    whole[i] = Math.trunc(value);
  }
  return whole;
}

/** Writes one region's vertices and returns how many they are: 0 if the region is absent. */
function writeRegion(
  region: number,
  whole: Float64Array,
  shifts: readonly number[],
  polygons: Int32Array,
  at: number,
): number {
  const { points, awayFrom, shift, onlyIfRightOf, insideOnly } = OUTLINES[region] as Outline;
  if (onlyIfRightOf) {
    const [point, other] = onlyIfRightOf;
    if (xOf(whole, point) - xOf(whole, other) <= 5) return 0;
  }
  for (let i = 0; i < points.length; i++) {
    const point = points[i] as number;
    const x = 2 * xOf(whole, point) - xOf(whole, awayFrom[i] as number);
    const y = yOf(whole, point) + (shifts[shift[i] as number] as number);
    if (insideOnly && (x < 0 || y < 0)) {
      polygons.fill(0, at, at + 2 * i);
      return 0;
    }
    if (Math.max(Math.abs(x), Math.abs(y)) > MAX_COORDINATE) throw tooFar(REGIONS[region], x, y);
    polygons[at + 2 * i] = x;
    polygons[at + 2 * i + 1] = y;
  }
  return points.length;
}

/**
 * How far the top of the head lies above the brows. The reference has two estimates and takes the
 * second where the first leaves the image.
 */
function crownHeight(whole: Float64Array): number {
  const chin = yOf(whole, 8);
  const nose = yOf(whole, 33);
  const tall = Math.trunc(1.1 * chin) - nose;
  const fits = yOf(whole, 24) - tall > 0 && yOf(whole, 19) - tall > 0;
  return fits ? tall : chin - Math.trunc(1.3 * nose);
}

function tooFar(region: Region | undefined, x: number, y: number): RangeError {
  return new RangeError(
    `Cannot place the regions: ${region} has a corner at (${x}, ${y}), beyond ±${MAX_COORDINATE}`,
  );
}

function xOf(whole: Float64Array, point: number): number {
  return whole[2 * point] as number;
}

function yOf(whole: Float64Array, point: number): number {
  return whole[2 * point + 1] as number;
}
