/** What surrounds the face: background, neck, clothes, and what is worn there. */

import { type Color, type Drawing, mirror, mixColors, onHalf, scaleColor } from "./drawing.ts";
import { type Face, landmark, landmarks } from "./face.ts";
import type { Point } from "./pose.ts";

const WHITE: Color = [250, 250, 248];

/** A plain wall or a blurred room behind the head. */
export function drawBackground(drawing: Drawing, face: Face): void {
  const random = face.random.fork("background");
  const tint = (): Color => {
    const gray = 60 + 150 * random.next();
    const off = () => gray + 45 * (random.next() - 0.5);
    return [off(), off(), off()];
  };
  const first = tint();
  drawing.backdrop(first, tint(), random.next() * 2 * Math.PI, [1, 1]);
  for (let i = random.integer(4); i > 0; i--) {
    const place: Point = [180 * (random.next() - 0.5), 210 * (random.next() - 0.5)];
    const size = 20 + 40 * random.next();
    drawing.spot(place, size, size * (0.6 + random.next()), tint(), 0.7);
  }
}

/** Half the width of the neck, by sex and weight. */
function neckWidth(face: Face): number {
  return (face.traits.has("Male") ? 33 : 25) + (face.traits.has("Chubby") ? 5 : 0);
}

/** Neck, shoulders and clothes; the larynx of men; a second chin. */
export function drawNeck(drawing: Drawing, face: Face): void {
  const { skin, shadow, cloth } = face.palette;
  const width = neckWidth(face);
  const side: Point[] = [
    [width, 30],
    [width, 66],
    [width + 3, 84],
    [width + 26, 96],
    [width + 52, 104],
    [width + 60, 150],
  ];
  drawing.shape([...side, ...mirror(side)], { fill: scaleColor(skin, 0.93) });
  const collar: Point[] = [
    [0, 106],
    [22, 101],
    [width + 8, 92],
    [width + 40, 99],
    [130, 118],
    [120, 190],
  ];
  drawing.shape([...collar, ...mirror(collar.slice(1))], { fill: cloth });
  drawing.line([[-width - 8, 92], [-22, 101], [0, 106], [22, 101], [width + 8, 92]], {
    stroke: scaleColor(cloth, 0.7),
    width: 2,
  });
  if (face.traits.has("Male")) {
    const chin = landmark(face, 8)[1];
    drawing.spot([0, chin + 17], 7, 10, shadow, 0.55);
    drawing.spot([-2, chin + 14], 4, 5, skin, 0.9);
  }
}

/** Where the chin ends, or the second one: collars and necklaces lie below it. */
function chinEnd(face: Face): number {
  return landmark(face, 8)[1] + (face.traits.has("Double_Chin") ? 6 : 0);
}

/** A roll of skin below the chin with a fold under it. */
export function drawDoubleChin(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Double_Chin")) return;
  const { skin, shadow } = face.palette;
  const jaw = landmarks(face, 5, 11);
  const drop = [4, 10, 14.5, 16, 14.5, 10, 4];
  const roll = jaw.map(([x, y], i) => [x * 0.96, y + (drop[i] as number)] as const);
  drawing.shape([...jaw, ...roll.toReversed()], { fill: mixColors(skin, WHITE, 0.06) });
  drawing.line(roll, { stroke: shadow, width: 5.5, opacity: 0.35 });
  drawing.line(roll, { stroke: shadow, width: 2, opacity: 0.7 });
  drawing.line(jaw, { stroke: shadow, width: 1.8, opacity: 0.55 });
}

/** A shirt with a collar and a tie knotted close below the chin. */
export function drawNecktie(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Wearing_Necktie")) return;
  const { accent } = face.palette;
  const top = chinEnd(face) + 9;
  const width = neckWidth(face);
  const shirt: Point[] = [[width + 4, top - 8], [width + 10, top + 16], [width + 22, top + 60]];
  drawing.shape([[0, top + 10], ...shirt, ...mirror(shirt)], { fill: WHITE, angular: true });
  for (const half of [1, -1]) {
    const flap: Point[] = [
      [width + 3, top - 10],
      [5, top + 3],
      [14, top + 22],
      [width + 12, top + 8],
    ];
    drawing.shape(onHalf(flap, half), {
      fill: WHITE,
      stroke: [150, 152, 160],
      width: 1.2,
      angular: true,
    });
  }
  const tie: Point[] = [[6, top + 13], [12, top + 60]];
  drawing.shape([...tie, ...mirror(tie)], { fill: accent, angular: true });
  const knot: Point[] = [[9, top], [6, top + 14]];
  drawing.shape([...knot, ...mirror(knot)], {
    fill: scaleColor(accent, 1.15),
    stroke: scaleColor(accent, 0.55),
    width: 1.4,
    angular: true,
  });
}

/** A string of beads or a chain with a pendant, around the neck below the chin. */
export function drawNecklace(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Wearing_Necklace")) return;
  const random = face.random.fork("necklace");
  const colors: readonly Color[] = [[250, 244, 230], [246, 200, 50], [60, 190, 200], [230, 40, 60]];
  const color = colors[random.integer(colors.length)] as Color;
  const width = neckWidth(face);
  const low = chinEnd(face) + 17;
  const beads = 15;
  for (let i = 0; i < beads; i++) {
    const share = (2 * i) / (beads - 1) - 1;
    const place: Point = [share * (width - 1), low - 17 * share * share];
    drawing.disc(place, 2.9, 2.9, { fill: color, stroke: scaleColor(color, 0.4), width: 0.9 });
  }
  drawing.disc([0, low + 5], 4, 4.6, { fill: color, stroke: scaleColor(color, 0.4), width: 0.9 });
}

/** Both ears, and what hangs from them. */
export function drawEars(drawing: Drawing, face: Face): void {
  const { skin, shadow } = face.palette;
  const at = landmark(face, 16)[0] - 46;
  for (const half of [1, -1]) {
    const place = (points: readonly Point[]) =>
      points.map(([x, y]) => [(x + at) * half, y] as const);
    const ear: Point[] = [[42, -6], [49, -9], [54.5, -5], [55, 5], [52, 15], [48.5, 23], [43, 22]];
    drawing.shape(place(ear), { fill: scaleColor(skin, 0.94), stroke: shadow, width: 0.8 });
    drawing.line(place([[48, -4], [52, -1], [51, 7], [48, 13]]), {
      stroke: shadow,
      width: 1.5,
      opacity: 0.5,
    });
  }
}

/** A stud and a drop below each ear lobe. */
export function drawEarrings(drawing: Drawing, face: Face): void {
  if (!face.traits.has("Wearing_Earrings")) return;
  const random = face.random.fork("earrings");
  const colors: readonly Color[] = [[252, 210, 50], [246, 248, 255], [40, 210, 215], [240, 50, 80]];
  const color = colors[random.integer(colors.length)] as Color;
  const at = landmark(face, 16)[0] - 46;
  const style = { fill: color, stroke: scaleColor(color, 0.35), width: 1.1 };
  for (const half of [1, -1]) {
    drawing.disc([(50.5 + at) * half, 22], 2.6, 2.6, style);
    drawing.disc([(51.5 + at) * half, 31], 4.4, 6.6, style);
    drawing.disc([(50.5 + at) * half, 29], 1.4, 2, { fill: WHITE });
  }
}
