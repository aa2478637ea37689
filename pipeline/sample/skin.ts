/** The head itself and what shows on its skin: colour, cheeks, age, blemishes. */

import { drawGoatee, drawSideburns, drawStubble } from "./beard.ts";
import { type Color, type Drawing, mixColors, onHalf } from "./drawing.ts";
import { type Face, headOutline, landmark } from "./face.ts";
import type { Point } from "./pose.ts";

const WHITE: Color = [255, 250, 244];

/** The head, and everything that lies on its skin below the features. */
export function drawSkin(drawing: Drawing, face: Face): void {
  const outline = headOutline(face);
  const { skin, shadow } = face.palette;
  drawing.shape(outline, { fill: skin, stroke: shadow, width: 0.9 });
  drawing.inside([outline], () => {
    drawCheeks(drawing, face);
    drawWrinkles(drawing, face);
    drawBlemishes(drawing, face);
    drawStubble(drawing, face);
    drawSideburns(drawing, face);
    drawGoatee(drawing, face);
  });
}

function drawCheeks(drawing: Drawing, face: Face): void {
  const { shadow } = face.palette;
  const width = landmark(face, 14)[0];
  for (const half of [1, -1]) {
    if (face.traits.has("Rosy_Cheeks")) {
      drawing.spot([half * width * 0.64, 24], 16, 13, [236, 44, 84], 1);
      drawing.spot([half * width * 0.64, 24], 11, 9, [236, 44, 84], 0.6);
    }
    if (!face.traits.has("High_Cheekbones")) continue;
    const hollow: Point[] = [
      [width, 21],
      [width * 0.78, 29],
      [width * 0.52, 40],
      [width * 0.56, 45],
      [width * 0.84, 40],
      [width, 34],
    ];
    drawing.shape(onHalf(hollow, half), { fill: shadow, opacity: 0.4 });
    const bone: Point[] = [
      [width * 0.97, 8],
      [width * 0.72, 13],
      [width * 0.48, 21],
      [width * 0.56, 26],
      [width * 0.8, 22],
      [width * 0.98, 16],
    ];
    drawing.shape(onHalf(bone, half), {
      fill: mixColors(face.palette.skin, WHITE, 0.62),
      opacity: 0.6,
    });
  }
}

/** Lines of age on the forehead, beside the eyes and from the nose to the mouth. */
function drawWrinkles(drawing: Drawing, face: Face): void {
  if (face.traits.has("Young")) return;
  const { shadow } = face.palette;
  const style = { stroke: shadow, width: 1.7, opacity: 0.62 };
  for (const [y, half] of [[-28, 24], [-34.5, 27], [-41, 23]] as const) {
    drawing.line([
      [-half, y + 1.5],
      [-half / 2, y - 1],
      [0, y + 0.6],
      [half / 2, y - 1],
      [half, y + 1.5],
    ], style);
  }
  const [mouthX, mouthY] = landmark(face, 54);
  const [wingX, wingY] = landmark(face, 35);
  for (const half of [1, -1]) {
    const fold: Point[] = [
      [wingX + 2, wingY - 4],
      [mouthX + 1, wingY + 6],
      [mouthX + 5, mouthY],
      [mouthX + 4, mouthY + 8],
    ];
    drawing.line(onHalf(fold, half), { ...style, width: 2.2 });
    for (const [rise, end] of [[-5, -8], [0, 0], [4, 8]] as const) {
      drawing.line([[half * 32.5, rise], [half * 40, end]], { ...style, width: 1.3 });
    }
  }
}

/** Spots and scars on a skin that is not clear. */
function drawBlemishes(drawing: Drawing, face: Face): void {
  if (face.traits.has("Attractive")) return;
  const random = face.random.fork("blemishes");
  const color = mixColors(face.palette.skin, [120, 22, 16], 0.72);
  const places: Point[] = [
    [-28, 18],
    [-33, 31],
    [-22, 36],
    [-15, -28],
    [27, 16],
    [35, 27],
    [24, 38],
    [12, -33],
    [-3, -24],
    [31, 41],
    [-30, 44],
    [26, -27],
    [-9, 62],
    [14, 60],
  ];
  for (const [x, y] of random.shuffle(places).slice(0, 11 + random.integer(4))) {
    const size = 1.7 + 1.1 * random.next();
    const place: Point = [x + 3 * random.normal(), y + 2 * random.normal()];
    drawing.disc(place, size, size, { fill: color, opacity: 0.9 });
  }
}
