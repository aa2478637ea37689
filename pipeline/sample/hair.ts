/** Hair: on top of the head, down to the shoulders, over the forehead. */

import { type Color, type Drawing, mirror, mixColors, scaleColor } from "./drawing.ts";
import { type Face, landmark } from "./face.ts";
import { drawHat } from "./hat.ts";
import type { Point } from "./pose.ts";

const LIGHT: Color = [255, 244, 226];

/** Whether any hair is seen: a hat covers all of it. */
function hasHair(face: Face): boolean {
  return !face.traits.has("Bald") && !face.traits.has("Wearing_Hat");
}

/** Pushes the points of an outline out and in by turns, as waves do. */
function ripple(points: readonly Point[], face: Face, [x, y]: Point): Point[] {
  if (!face.traits.has("Wavy_Hair")) return [...points];
  const fine = points.flatMap((from, i) => {
    const to = points[i + 1] ?? from;
    const middle: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    return [from, middle];
  });
  return fine.map(([px, py], i) => {
    const factor = i % 2 === 0 ? 1.09 : 0.99;
    return [x + (px - x) * factor, y + (py - y) * factor] as const;
  });
}

/** Long hair that falls behind ears and neck. */
export function drawBackHair(drawing: Drawing, face: Face): void {
  if (!hasHair(face) || !face.longHair) return;
  const width = landmark(face, 16)[0];
  const { hair } = face.palette;
  const side: Point[] = [
    [20, -74],
    [width + 6, -50],
    [width + 15, -20],
    [width + 17, 10],
    [width + 18, 40],
    [width + 19, 70],
    [width + 20, 115],
  ];
  const right = ripple(side, face, [0, 10]);
  const area = [...right, ...mirror(right)];
  drawing.shape(area, { fill: scaleColor(hair, 0.8) });
  drawing.inside([area], () => drawSideStrands(drawing, face, width));
}

function drawSideStrands(drawing: Drawing, face: Face, width: number): void {
  const straight = face.traits.has("Straight_Hair");
  const wavy = face.traits.has("Wavy_Hair");
  if (!straight && !wavy) return;
  const { bright, dark } = strandColors(face);
  for (const half of [1, -1]) {
    for (let i = 0; i < 4; i++) {
      const x = (width + 2 + 5 * i) * half;
      const line = Array.from({ length: 25 }, (_, step): Point => [
        x + (wavy ? 3.4 * Math.sin((step * Math.PI) / 2) : 0),
        -20 + 5 * step,
      ]);
      drawing.line(line, { stroke: i % 2 === 0 ? bright : dark, width: 2, opacity: 0.85 });
    }
  }
}

function strandColors(face: Face): { readonly bright: Color; readonly dark: Color } {
  const { hair } = face.palette;
  return { bright: mixColors(hair, LIGHT, 0.36), dark: scaleColor(hair, 0.45) };
}

/** The right half of the line where hair begins, from the temple to the middle of the forehead. */
function hairline(face: Face, width: number): Point[] {
  if (face.traits.has("Receding_Hairline")) {
    return [
      [width - 1, -8],
      [width - 5, -24],
      [width - 10, -42],
      [33, -60],
      [23, -66.5],
      [14, -60],
      [6, -52],
      [0, -50],
    ];
  }
  if (face.traits.has("Bangs")) {
    return [[width - 1, -4], [width - 4, -10], [33, -13.5], [22, -15.5], [11, -16.5], [0, -16]];
  }
  return [[width - 1, -4], [width - 4, -20], [width * 0.76, -34], [width * 0.46, -42], [0, -44.5]];
}

/** Hair on top of the head down to the ears, with its strands. */
export function drawHair(drawing: Drawing, face: Face): void {
  if (face.traits.has("Wearing_Hat")) return drawHat(drawing, face);
  if (!hasHair(face)) return drawBaldShine(drawing, face);
  const width = landmark(face, 16)[0];
  const volume = face.longHair ? 3 : 0;
  const line = hairline(face, width);
  const top: Point[] = [
    [width + 3 + volume, 1],
    [width + 5 + volume, -16],
    [width + 4 + volume, -38],
    [width * 0.84 + 3, -60],
    [width * 0.5, -73],
    [width * 0.22, -77.5 - volume / 2],
    [0, -78.5 - volume / 2],
  ];
  const outer = ripple(top, face, [0, -16]);
  const inner = line.toReversed();
  const area = [...outer, ...mirror(outer).slice(1), ...mirror(inner.slice(1)), ...inner];
  drawing.shape(area, { fill: face.palette.hair, stroke: scaleColor(face.palette.hair, 0.6) });
  drawing.inside([area], () => {
    if (face.traits.has("Straight_Hair")) drawStraight(drawing, face);
    else if (face.traits.has("Wavy_Hair")) drawWaves(drawing, face);
    else drawCropped(drawing, face);
  });
  if (face.traits.has("Bangs")) drawFringe(drawing, face, width);
}

/** Straight strands fall side by side, light and dark by turns. */
function drawStraight(drawing: Drawing, face: Face): void {
  const { bright, dark } = strandColors(face);
  const random = face.random.fork("strands");
  for (let i = -9; i <= 9; i++) {
    const x = i * 6 + random.normal();
    const strand: Point[] = [[x * 0.72, -84], [x, -50], [x * 1.08, -10]];
    drawing.line(strand, { stroke: dark, width: 1.6, opacity: 0.9 });
    drawing.line(strand.map(([px, py]) => [px + 2.6, py] as const), {
      stroke: bright,
      width: 2,
      opacity: 0.9,
    });
  }
}

/** Waves lie above each other, light on their crests. */
function drawWaves(drawing: Drawing, face: Face): void {
  const { bright, dark } = strandColors(face);
  const phase = face.random.fork("waves").next() * 8;
  for (let row = 0; row < 8; row++) {
    const y = -78 + 9 * row;
    const wave = (offset: number) =>
      Array.from({ length: 27 }, (_, i): Point => [
        -68 + 5 * i + phase - 4,
        y + offset + 3.4 * Math.sin((i * Math.PI) / 2) + ((i - 13) / 13) ** 2 * 6,
      ]);
    drawing.line(wave(0), { stroke: dark, width: 2.2, opacity: 0.9 });
    drawing.line(wave(4), { stroke: bright, width: 2.4, opacity: 0.8 });
  }
}

/** Short or tied hair has no strands to be seen, only a sheen. */
function drawCropped(drawing: Drawing, face: Face): void {
  const { bright } = strandColors(face);
  drawing.spot([-12, -64], 26, 9, bright, 0.5);
}

function drawFringe(drawing: Drawing, face: Face, width: number): void {
  const { hair } = face.palette;
  const random = face.random.fork("fringe");
  const { dark } = strandColors(face);
  for (let i = -5; i <= 5; i++) {
    const x = (i / 5) * (width - 9);
    const lock: Point[] = [[x - 5, -24], [x + 5, -24], [x + 2.5 + random.normal(), -12]];
    drawing.shape(lock, { fill: hair, angular: true });
    drawing.line([[x + 5, -36], [x + 4.5, -17]], { stroke: dark, width: 1.1, opacity: 0.7 });
  }
}

function drawBaldShine(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Bald")) return;
  drawing.spot([-9, -52], 22, 11, [255, 252, 246], 0.85);
}
