/** Nose and mouth along their landmarks. */

import { type Drawing, mirror, onHalf, scaleColor } from "./drawing.ts";
import { type Face, landmark, landmarks } from "./face.ts";
import type { Point } from "./pose.ts";

/** The nose's wings, nostrils and tip; its sides are shaded in `shade.ts`. */
export function drawNose(drawing: Drawing, face: Face): void {
  const { shadow } = face.palette;
  const [wing, bottom] = landmark(face, 35);
  const tip = landmark(face, 30)[1];
  const pointy = face.traits.has("Pointy_Nose");
  const base = landmark(face, 33)[1];
  for (const half of [1, -1]) {
    const wings: Point[] = [
      [wing * 0.78, tip - 5],
      [wing * 1.12, tip],
      [wing * 1.08, bottom],
      [wing * 0.6, base - 0.6],
    ];
    drawing.line(onHalf(wings, half), { stroke: shadow, width: 1.6, opacity: pointy ? 0.5 : 0.75 });
    drawing.disc([wing * 0.46 * half, base - 2], wing * 0.26, pointy ? 1.1 : 1.7, {
      fill: scaleColor(shadow, 0.5),
      opacity: 0.85,
    });
  }
  if (!pointy) return;
  const edge: Point[] = [[2.6, 2], [3, tip - 10], [6, tip - 1], [0, base + 2.5]];
  drawing.line([...edge, ...mirror(edge.slice(0, 3))], {
    stroke: shadow,
    width: 1.5,
    opacity: 0.75,
    angular: true,
  });
  drawing.line([[0, 2], [0, tip]], { stroke: [255, 246, 238], width: 2.4, opacity: 0.75 });
}

/** Lips along the outer contour; teeth and dark between them along the inner one. */
export function drawMouth(drawing: Drawing, face: Face): void {
  const { lips, shadow } = face.palette;
  const painted = face.traits.has("Wearing_Lipstick");
  const outer = landmarks(face, 48, 59);
  const inner = landmarks(face, 60, 67);
  drawing.shape(outer, { fill: lips, stroke: scaleColor(lips, 0.72), width: painted ? 1.2 : 0.7 });
  const [, low] = landmark(face, 57);
  drawing.spot([0, low - 2.4], 8, 2.2, [255, 235, 230], painted ? 0.6 : 0.3);
  if (face.traits.has("Mouth_Slightly_Open")) {
    drawing.shape(inner, { fill: [54, 12, 14] });
    const top = landmarks(face, 60, 64);
    const teeth = top.toReversed().slice(1, 4).map(([x, y]) => [x, y + 3.4] as const);
    drawing.shape([...top, ...teeth], { fill: [246, 242, 234] });
  } else {
    drawing.line(landmarks(face, 60, 64), { stroke: scaleColor(lips, 0.35), width: 1.5 });
  }
  if (!face.traits.has("Smiling")) return;
  const [cornerX, cornerY] = landmark(face, 54);
  for (const half of [1, -1]) {
    const dimple: Point[] = [
      [cornerX + 1.5, cornerY - 4],
      [cornerX + 3.5, cornerY],
      [cornerX + 1.5, cornerY + 4],
    ];
    drawing.line(onHalf(dimple, half), { stroke: shadow, width: 1.6, opacity: 0.7 });
  }
}
