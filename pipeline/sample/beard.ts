/** What grows on the lower face: stubble, sideburns, goatee and mustache. */

import type { Random } from "../numbers/random.ts";
import { type Color, type Drawing, mirror, mixColors, scaleColor } from "./drawing.ts";
import { type Face, landmark, landmarks } from "./face.ts";
import type { Point } from "./pose.ts";

/** The lower part of the face where a beard grows: between jaw line, cheeks and nose. */
function beardArea(face: Face): Point[] {
  const top = landmark(face, 33)[1] + 1;
  const [sideX, sideY] = landmark(face, 14);
  return [
    ...landmarks(face, 2, 14),
    [sideX * 0.86, sideY + 9],
    [sideX * 0.56, top + 3],
    [9, top],
    [-9, top],
    [-sideX * 0.56, top + 3],
    [-sideX * 0.86, sideY + 9],
  ];
}

/** Tint and short hairs where a beard would grow. */
export function drawStubble(drawing: Drawing, face: Face): void {
  if (!face.traits.has("5_o_Clock_Shadow")) return;
  const random = face.random.fork("stubble");
  const tint = mixColors([62, 70, 84], face.palette.skin, 0.12);
  const area = beardArea(face);
  drawing.shape(area, { fill: tint, opacity: 0.48 });
  drawing.inside([area], () => {
    for (let i = 0; i < 150; i++) {
      const place: Point = [90 * (random.next() - 0.5), 32 + 46 * random.next()];
      const down: Point = [place[0] + 0.4 * random.normal(), place[1] + 1.3];
      drawing.line([place, down], { stroke: [34, 34, 40], width: 0.7, opacity: 0.55 });
    }
  });
}

/** Strips of hair before the ears, down to the jaw. */
export function drawSideburns(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Sideburns")) return;
  const width = landmark(face, 16)[0];
  const [jawX, jawY] = landmark(face, 13);
  const strip: Point[] = [
    [width + 3, -22],
    [width + 3, 8],
    [jawX + 3, jawY - 2],
    [jawX - 9, jawY + 1],
    [width - 11, 12],
    [width - 9, -22],
  ];
  drawing.shape(strip, { fill: face.palette.beard });
  drawing.shape(mirror(strip), { fill: face.palette.beard });
}

/** A beard on the chin alone. */
export function drawGoatee(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Goatee")) return;
  const lip = landmark(face, 57)[1];
  const [chinX, chinY] = landmark(face, 10);
  const area: Point[] = [
    [0, lip + 2.5],
    [9, lip + 3],
    [17, lip - 3],
    [21, lip + 3],
    [chinX + 1, chinY + 3],
    [0, landmark(face, 8)[1] + 3],
  ];
  drawing.shape([...area, ...mirror(area.slice(1, 5))], { fill: face.palette.beard });
  const random = face.random.fork("goatee");
  const middle = (lip + landmark(face, 8)[1]) / 2 + 2;
  drawHairs(drawing, random, scaleColor(face.palette.beard, 1.7), [0, middle], [13, 6]);
}

/** Short lighter hairs, so that a beard does not look like paint. */
function drawHairs(
  drawing: Drawing,
  random: Random,
  color: Color,
  [x, y]: Point,
  [spreadX, spreadY]: Point,
): void {
  for (let i = 0; i < 22; i++) {
    const from: Point = [
      x + spreadX * (2 * random.next() - 1),
      y + spreadY * (2 * random.next() - 1),
    ];
    const to: Point = [from[0] + 0.8 * random.normal(), from[1] + 2.4];
    drawing.line([from, to], { stroke: color, width: 0.6, opacity: 0.5 });
  }
}

/** The mustache lies over the mouth's upper edge and is drawn after it. */
export function drawMustache(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Mustache")) return;
  const { beard } = face.palette;
  const nose = landmark(face, 33)[1];
  const [cornerX, cornerY] = landmark(face, 54);
  const [, lipY] = landmark(face, 51);
  const half: Point[] = [
    [0, nose + 1.5],
    [8, nose + 1.2],
    [cornerX - 1, cornerY - 8],
    [cornerX + 4, cornerY - 1],
    [cornerX - 5, cornerY - 4],
    [8, lipY + 0.8],
    [0, lipY + 0.2],
  ];
  drawing.shape([...half, ...mirror(half.slice(1, 6))], { fill: beard });
  const random = face.random.fork("mustache");
  drawHairs(drawing, random, scaleColor(beard, 1.7), [0, (nose + lipY) / 2], [12, 2]);
}
