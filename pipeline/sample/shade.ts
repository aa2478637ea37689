/**
 * Light and shadow of a face: a gray picture that the drawn colours are multiplied by, so that flat
 * shapes look round. Middle gray leaves a colour as it is, white doubles it, black takes it away.
 */

import { type Color, Drawing, mirror, onHalf } from "./drawing.ts";
import { type Face, headOutline, landmark, landmarks } from "./face.ts";
import { FRAME, type Point } from "./pose.ts";

/** The gray that leaves colours as they are. */
export const NEUTRAL = 128;

const GRAY: Color = [NEUTRAL, NEUTRAL, NEUTRAL];
const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** Draws the light of a face as gray. */
export function drawShade(face: Face): Drawing {
  const drawing = new Drawing(face.pose);
  const random = face.random.fork("light");
  const side = random.next() * 2 - 1;
  drawing.backdrop(GRAY, GRAY, 0, [1, 1]);
  shadeNeck(drawing, face);
  drawing.inside([headOutline(face)], () => {
    shadeSkull(drawing, face, side);
    shadeSockets(drawing);
    shadeNose(drawing, face, side);
    shadeMouth(drawing, face);
  });
  const strength = 0.1 + 0.16 * Math.abs(side);
  const angle = side < 0 ? Math.PI : 0;
  drawing.backdrop(WHITE, BLACK, angle + 0.5 * random.normal(), [strength * 0.6, strength]);
  return drawing;
}

function shadeNeck(drawing: Drawing, face: Face): void {
  const jaw = landmarks(face, 3, 13);
  const depth = face.traits.has("Double_Chin") ? 5 : 11;
  const edge = jaw.map(([x, y]) => [x * 0.98, y + depth] as const);
  drawing.shape([...jaw, ...edge.toReversed()], { fill: BLACK, opacity: 0.42 });
}

/** The head turns away from the light towards its edge; the front catches it. */
function shadeSkull(drawing: Drawing, face: Face, side: number): void {
  const jaw = landmarks(face, 0, 16);
  drawing.line(jaw, { stroke: BLACK, width: 9, opacity: 0.24 });
  drawing.line(jaw, { stroke: BLACK, width: 3.5, opacity: 0.2 });
  const far = side > 0 ? 1 : -1;
  const width = landmark(face, 15)[0];
  drawing.spot([far * width, 12], 26, 56, BLACK, 0.3 * Math.abs(side));
  drawing.spot([0, -34], 34, 17, WHITE, 0.16);
  drawing.spot([0, landmark(face, 8)[1] - 6], 9, 6, WHITE, 0.14);
  for (const half of [1, -1]) drawing.spot([half * width * 0.6, 19], 15, 11, WHITE, 0.16);
  if (face.traits.has("Chubby")) {
    for (const half of [1, -1]) drawing.spot([half * width * 0.66, 36], 19, 17, WHITE, 0.2);
  }
}

function shadeSockets(drawing: Drawing): void {
  for (const half of [1, -1]) {
    drawing.spot([half * 20, -6], 17, 9, BLACK, 0.3);
    drawing.spot([half * 10, -2], 7, 11, BLACK, 0.38);
  }
}

/** The sides of the nose, darker away from the light, its ridge, and the shadow below it. */
function shadeNose(drawing: Drawing, face: Face, side: number): void {
  const [wing, bottom] = landmark(face, 35);
  const tip = landmark(face, 30)[1];
  for (const half of [1, -1]) {
    const flank: Point[] = [
      [4, -4],
      [3.4, 10],
      [wing * 0.5, tip - 4],
      [wing + 1, bottom],
      [wing + 2.5, tip - 4],
      [8, 8],
      [8, -4],
    ];
    const opacity = 0.24 + 0.2 * Math.max(0, side * half);
    drawing.shape(onHalf(flank, half), { fill: BLACK, opacity });
  }
  drawing.line([[0, 2], [0, tip - 3]], { stroke: WHITE, width: 3.4, opacity: 0.24 });
  drawing.spot([0, tip], wing * 0.55, 5, WHITE, 0.36);
  drawing.spot([0, landmark(face, 33)[1] + 1.5], wing + 3, 4.5, BLACK, 0.44);
}

function shadeMouth(drawing: Drawing, face: Face): void {
  const nose = landmark(face, 33)[1];
  const [, lip] = landmark(face, 51);
  const [, low] = landmark(face, 57);
  drawing.line([[0, nose + 2], [0, lip - 1]], { stroke: BLACK, width: 3, opacity: 0.16 });
  drawing.spot([0, low + 3], 13, 4, BLACK, 0.42);
  const [cornerX, cornerY] = landmark(face, 54);
  const wing = landmark(face, 35)[0];
  const fold: Point[] = [[wing + 2, nose - 3], [cornerX + 3, cornerY - 4]];
  const opacity = face.traits.has("Smiling") ? 0.3 : 0.14;
  for (const line of [fold, mirror(fold)]) {
    drawing.line(line, { stroke: BLACK, width: 3, opacity });
  }
}

/** Width at which shade is rasterised: it is blurred anyway. */
export const SHADE_WIDTH = FRAME.width / 2;
