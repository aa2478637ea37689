/** Hats, which cover all hair. */

import { type Drawing, mirror, mixColors, scaleColor } from "./drawing.ts";
import { type Face, landmark } from "./face.ts";
import type { Point } from "./pose.ts";

/** A hat: a knitted cap with a cuff, or a crown with a brim. */
export function drawHat(drawing: Drawing, face: Face): void {
  const { accent } = face.palette;
  const random = face.random.fork("hat");
  const width = landmark(face, 16)[0] + 5;
  const band = mixColors(accent, random.next() < 0.5 ? [245, 235, 215] : [12, 12, 14], 0.72);
  const edge = { stroke: scaleColor(accent, 0.5), width: 1.4 };
  const crown: Point[] = [
    [width, -28],
    [width + 1, -52],
    [width * 0.84, -76],
    [width * 0.45, -89],
    [0, -92],
  ];
  drawing.shape([...crown, ...mirror(crown).slice(1)], { fill: accent, ...edge });
  if (random.next() < 0.5) {
    const cuff: Point[] = [[width + 2, -24], [width + 3, -42], [width * 0.5, -48], [0, -49]];
    const low: Point[] = [[0, -33], [width * 0.5, -31]];
    drawing.shape([...cuff, ...mirror(cuff.slice(0, 3)), ...mirror(low.slice(1)), ...low], {
      fill: band,
      ...edge,
    });
    return;
  }
  const ribbon: Point[] = [[width + 1, -34], [width + 1, -50], [0, -56]];
  drawing.shape([...ribbon, ...mirror(ribbon.slice(0, 2)), [0, -40]], { fill: band });
  const brim: Point[] = [[width + 19, -30], [width * 0.7, -41], [0, -44]];
  const under: Point[] = [[0, -31], [width * 0.7, -29]];
  drawing.shape([...brim, ...mirror(brim.slice(0, 2)), ...mirror(under.slice(1)), ...under], {
    fill: scaleColor(accent, 0.82),
    ...edge,
  });
}
