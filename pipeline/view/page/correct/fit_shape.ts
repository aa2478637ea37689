/** A face's 68 points from five of them. */

import { middleOf, minus, pairs, type Spot, spreadOf, squareBetween, sum } from "../spots.ts";
import { MEAN_FACE } from "./mean_face.ts";

/** What is clicked, in this order; left and right are those of the picture, and may be exchanged. */
export const ANCHORS = [
  "the eye on the left",
  "the eye on the right",
  "the tip of the nose",
  "the left corner of the mouth",
  "the right corner of the mouth",
] as const;

/** The points that an anchor is the middle of. */
const ANCHOR_POINTS = [[36, 42], [42, 48], [30, 31], [48, 49], [54, 55]] as const;

/** Where the five anchors of a face's points are. */
export function anchorsOf(points: readonly number[]): Spot[] {
  return ANCHOR_POINTS.map(([from, to]) => middleOf(pairs(points.slice(2 * from, 2 * to))));
}

/**
 * How far points may be from anchors that were clicked, in distances between the eyes, or between them and the
 * mouth where a face is turned.
 */
const MOST_OFF = 0.15;

/** Whether points are where the anchors say. */
export function agrees(points: readonly number[], anchors: readonly Spot[]): boolean {
  const [left, right, , ...mouth] = anchors as [Spot, Spot, Spot, Spot, Spot];
  const height = squareBetween(middleOf([left, right]), middleOf(mouth));
  const most = MOST_OFF ** 2 * Math.max(squareBetween(left, right), height);
  return anchorsOf(points).every((spot, i) => squareBetween(spot, anchors[i]!) <= most);
}

/** Turns to the side and up or down, in radians, from which the search begins. */
const [SIDES, UPS] = [stepsTo(5, Math.PI / 12), stepsTo(2, Math.PI / 12)];
/** What a turn costs: squared radians against the share of the anchors' spread that is missed. */
const TURN_COST = 0.03;
/** Turns are found as exactly as this, in radians. */
const EXACT = 0.01;
/** How far a click moves the points around it, in distances between the eyes and the mouth. */
const REACH = 0.3;

/** How far the eyes may be exchanged, in distances from them to the mouth: from the side, one hides the other. */
const EXCHANGED = 0.2;

/** A face as five clicks say it. */
interface FittedFace {
  /** The clicks as {@linkcode ANCHORS} of the face, which may be another order than that of the clicks. */
  readonly anchors: readonly Spot[];
  /** x0, y0, x1, y1, … (136 numbers) */
  readonly points: number[];
}

/**
 * The mean face turned in space, moved and scaled so that its anchors are seen as near as can be to those that are
 * clicked (least squares, from afar); what is left between them moves the points around. Which eye and which corner
 * of the mouth is the left one is seen from where they lie: what the picture shows on the left is the face's right
 * side where it hangs upside down.
 *
 * @throws {RangeError} If all anchors are in one place.
 */
export function fitShape(clicked: readonly Spot[]): FittedFace {
  if (spreadOf(clicked) < 1e-9) throw new RangeError("The five points are in one place.");
  const fits = ordersOf(clicked).map((anchors) => ({ anchors, ...turnOf(anchors) }));
  const { anchors, turn } = least(fits, ({ missed }) => missed);
  const points = seenFrom(turn);
  const own = anchorsOf(points);
  return { anchors, points: bend(pairs(points).map(similarity(own, anchors)), anchors).flat() };
}

/** The orders of the anchors in which the face is not its own mirror image. */
function ordersOf([left, right, nose, corner, other]: readonly Spot[]): Spot[][] {
  const orders: Spot[][] = [];
  for (const eyes of [[left!, right!], [right!, left!]] as const) {
    const [from, to] = [middleOf(eyes), middleOf([corner!, other!])];
    const [across, down] = [minus(eyes[1], eyes[0]), minus(to, from)];
    const turned = across[0] * down[1] - across[1] * down[0];
    if (turned < -EXCHANGED * squareBetween(from, to)) continue;
    orders.push([...eyes, nose!, corner!, other!], [...eyes, nose!, other!, corner!]);
  }
  return orders;
}

/** The turn in which the mean face is nearest to the anchors, and what it misses. */
function turnOf(anchors: readonly Spot[]): { turn: Turn; missed: number } {
  const missed = (turn: Turn) => {
    const own = anchorsOf(seenFrom(turn));
    const fitted = own.map(similarity(own, anchors));
    return sum(fitted.map((spot, i) => squareBetween(spot, anchors[i]!))) / spreadOf(anchors) +
      TURN_COST * (turn[0] ** 2 + turn[1] ** 2);
  };
  let best = least(SIDES.flatMap((side) => UPS.map((up): Turn => [side, up])), missed);
  for (let step = Math.PI / 24; step > EXACT;) {
    const around = stepsTo(1, step).flatMap((side) =>
      stepsTo(1, step).map((up): Turn => [best[0] + side, best[1] + up])
    );
    const next = least([best, ...around], missed);
    if (next === best) step /= 2;
    best = next;
  }
  return { turn: best, missed: missed(best) };
}

/** Turned to the side and up or down, in radians. */
type Turn = readonly [side: number, up: number];

/** Where the mean face's points are seen from the front: x0, y0, x1, … */
function seenFrom([side, up]: Turn): number[] {
  const seen: number[] = [];
  for (let at = 0; at < MEAN_FACE.length; at += 3) {
    const [x, y, z] = [MEAN_FACE[at]!, MEAN_FACE[at + 1]!, MEAN_FACE[at + 2]!];
    const depth = z * Math.cos(side) - x * Math.sin(side);
    seen.push(x * Math.cos(side) + z * Math.sin(side), y * Math.cos(up) - depth * Math.sin(up));
  }
  return seen;
}

/** Moves, turns and scales what is near `from` (never distorts it) to be near `to`, by least squares. */
function similarity(from: readonly Spot[], to: readonly Spot[]): (spot: Spot) => Spot {
  const [middle, other] = [middleOf(from), middleOf(to)];
  let [a, b] = [0, 0];
  for (const [index, [x, y]] of to.entries()) {
    const [u, v] = [from[index]![0] - middle[0], from[index]![1] - middle[1]];
    a += u * (x - other[0]) + v * (y - other[1]);
    b += u * (y - other[1]) - v * (x - other[0]);
  }
  const square = spreadOf(from);
  [a, b] = [a / square, b / square];
  return ([x, y]) => {
    const [u, v] = [x - middle[0], y - middle[1]];
    return [a * u - b * v + other[0], b * u + a * v + other[1]];
  };
}

/** Moves points as the anchors near them are moved. */
function bend(points: readonly Spot[], anchors: readonly Spot[]): Spot[] {
  const own = anchorsOf(points.flat());
  const [eyes, mouth] = [middleOf(own.slice(0, 2)), middleOf(own.slice(3))];
  const reach = REACH ** 2 * squareBetween(eyes, mouth);
  return points.map((point) => {
    const share = own.map((anchor) => Math.exp(-squareBetween(point, anchor) / (2 * reach)));
    const by = (axis: 0 | 1) => sum(share.map((k, i) => k * (anchors[i]![axis] - own[i]![axis])));
    return [point[0] + by(0), point[1] + by(1)];
  });
}

/** The one for which a function is least. */
function least<T>(all: readonly T[], of: (one: T) => number): T {
  const values = all.map(of);
  return all[values.indexOf(Math.min(...values))]!;
}

function stepsTo(count: number, step: number): number[] {
  return Array.from({ length: 2 * count + 1 }, (_, at) => (at - count) * step);
}
