/** Eyes and brows along their landmarks, and the glasses before them. */

import { EYE_X } from "./anatomy.ts";
import { type Color, type Drawing, mixColors, onHalf, scaleColor } from "./drawing.ts";
import { type Face, landmark, landmarks } from "./face.ts";
import type { Point } from "./pose.ts";

const INK: Color = [26, 18, 18];

/** Both eyes with lids, lashes, bags and eye shadow. */
export function drawEyes(drawing: Drawing, face: Face): void {
  // Planned on the right, where x grows outwards: inner corner, upper lid, outer corner, lower lid.
  const eye = landmarks(face, 42, 47);
  for (const half of [1, -1]) {
    drawEyeShadow(drawing, face, eye, half);
    drawBags(drawing, face, half);
    drawing.shape(onHalf(eye, half), { fill: [238, 234, 230] });
  }
  drawing.inside([eye, onHalf(eye, -1)], () => drawIrises(drawing, face));
  for (const half of [1, -1]) drawLids(drawing, face, eye, half);
}

function drawEyeShadow(drawing: Drawing, face: Face, eye: readonly Point[], half: number): void {
  if (!face.traits.has("Heavy_Makeup")) return;
  const random = face.random.fork("shadow");
  const colors: readonly Color[] = [[92, 60, 200], [40, 120, 210], [170, 50, 170]];
  const color = colors[random.integer(colors.length)] as Color;
  const [inner, outer] = [eye[0] as Point, eye[3] as Point];
  const area: Point[] = [
    [inner[0] - 1, -1],
    [inner[0] + 3, -10.5],
    [outer[0] - 4, -12],
    [outer[0] + 7, -6],
    [outer[0] + 1, 1],
    [EYE_X, -2],
  ];
  drawing.shape(onHalf(area, half), { fill: color, opacity: 0.82 });
}

function drawBags(drawing: Drawing, face: Face, half: number): void {
  if (!face.traits.has("Bags_Under_Eyes")) return;
  const color = mixColors(face.palette.skin, [66, 26, 66], 0.62);
  const low = face.eyeOpening + 2.2;
  const bag: Point[] = [
    [9.5, 3],
    [14, low + 1],
    [21, low + 2],
    [28, low],
    [30.5, 3.5],
    [28, low + 5.5],
    [20, low + 9.5],
    [12, low + 5.5],
  ];
  drawing.shape(onHalf(bag, half), { fill: color, opacity: 0.8 });
  drawing.line(onHalf([[11, low + 5.5], [20, low + 9.8], [29, low + 5]], half), {
    stroke: face.palette.shadow,
    width: 1.3,
    opacity: 0.7,
  });
}

/** Both irises, looking the same way. */
function drawIrises(drawing: Drawing, face: Face): void {
  const { iris } = face.palette;
  const gaze = 1.4 * face.random.fork("gaze").normal();
  for (const half of [1, -1]) {
    const [x, y] = [EYE_X * half + Math.max(-2, Math.min(2, gaze)), -0.6];
    drawing.disc([x, y], 5.2, 5.2, { fill: iris, stroke: scaleColor(iris, 0.4), width: 1 });
    drawing.disc([x, y], 2.5, 2.5, { fill: [10, 8, 8] });
    drawing.disc([x + 1.6, y - 1.8], 1.1, 1.1, { fill: [255, 255, 255] });
  }
}

function drawLids(drawing: Drawing, face: Face, eye: readonly Point[], half: number): void {
  const { shadow } = face.palette;
  const made = face.traits.has("Heavy_Makeup");
  const man = face.traits.has("Male");
  const upper = onHalf(eye.slice(0, 4), half);
  drawing.line(upper, {
    stroke: INK,
    width: made ? 2.6 : man ? 1.5 : 2,
    opacity: man ? 0.8 : 0.95,
  });
  const lower = onHalf([eye[3], eye[4], eye[5], eye[0]] as Point[], half);
  drawing.line(lower, { stroke: made ? INK : shadow, width: made ? 1.4 : 0.9, opacity: 0.7 });
  const crease = eye.slice(0, 4).map(([x, y], i) => [x, y - (i === 0 ? 1.5 : 3)] as const);
  drawing.line(onHalf(crease, half), { stroke: shadow, width: 1, opacity: 0.6 });
  if (man) return;
  const [outerX, outerY] = eye[3] as Point;
  for (const [back, out, up] of [[0, 4.5, 3], [2.5, 3.5, 4.4]] as const) {
    const lash: Point[] = [
      [outerX - back, outerY - back * 0.6],
      [outerX - back + out, outerY - up],
    ];
    drawing.line(onHalf(lash, half), { stroke: INK, width: 1.1, opacity: 0.9 });
  }
}

/** Brows: a band along their landmarks that thins outwards, with hairs if bushy. */
export function drawBrows(drawing: Drawing, face: Face): void {
  const bushy = face.traits.has("Bushy_Eyebrows");
  const thick = bushy ? 4.4 : face.traits.has("Male") ? 2 : 1.4;
  const color = bushy ? scaleColor(face.palette.brow, 0.75) : face.palette.brow;
  const along = landmarks(face, 22, 26);
  const share = [0.8, 1, 1, 0.8, 0.25];
  const above = along.map(([x, y], i) => [x, y - thick * (share[i] as number)] as const);
  const below = along.map(([x, y], i) => [x, y + thick * (share[i] as number)] as const);
  const random = face.random.fork("brows");
  for (const half of [1, -1]) {
    drawing.shape(onHalf([...above, ...below.toReversed()], half), { fill: color });
    if (!bushy) continue;
    for (let i = 0; i < 14; i++) {
      const [x, y] = along[Math.floor(i / 3)] as Point;
      const from: Point = [x + 5 * random.next() - 2, y + 2];
      const to: Point = [from[0] + 2.5, y - 6.5 - random.next()];
      drawing.line(onHalf([from, to], half), { stroke: color, width: 1.2 });
    }
  }
}

/** Frames around both eyes, a bridge, and arms to the ears. */
export function drawGlasses(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Eyeglasses")) return;
  const random = face.random.fork("glasses");
  const colors: readonly Color[] = [[18, 18, 20], [70, 34, 18], [24, 30, 70], [120, 16, 24]];
  const style = { stroke: colors[random.integer(colors.length)] as Color, width: 2.7 };
  const [wide, high] = [15.5, 11.5 + 2 * random.next()];
  const round = random.next() < 0.4;
  for (const half of [1, -1]) {
    const rim: Point[] = round
      ? [
        [4.7, 2],
        [9, 2 - high * 0.8],
        [20, 2 - high],
        [31, 2 - high * 0.8],
        [35.5, 2],
        [31, 2 + high * 0.8],
        [20, 2 + high],
        [9, 2 + high * 0.8],
      ]
      : [
        [5, -6],
        [12, -8.5],
        [29, -8.5],
        [35.5, -6],
        [34, 9],
        [28, 2 + high],
        [12, 2 + high],
        [6, 9],
      ];
    drawing.shape(onHalf(rim, half), { fill: [235, 244, 255], opacity: 0.14 });
    drawing.shape(onHalf(rim, half), style);
    drawing.line(onHalf([[20 + wide, -2], [landmark(face, 16)[0] + 4, -4]], half), style);
  }
  drawing.line([[-5, -2], [0, -4], [5, -2]], style);
}
