/**
 * A typeface of strokes for pictures: letters, digits and what file names need, drawn for this project.
 *
 * @module
 */

/** Heights in units of the typeface, downwards from the top of capitals. */
export const LETTER = {
  top: 0,
  lower: 4,
  base: 14,
  below: 18,
  space: 5,
  gap: 3.3,
  size: 20,
} as const;

/**
 * The strokes of each character, parted by `/`; a stroke is a list of points `x,y`. To a plain point goes a
 * straight line. To one with `h` goes a quarter of an ellipse that sets out level and arrives upright, to
 * one with `v` one that sets out upright and arrives level.
 */
const DRAWN: Readonly<Record<string, string>> = {
  a: "0.5,6 v3.6,4 h7,7.2 7,14 / 7,8.6 3.2,8.6 h0,11.3 v3.2,14 h7,10.6",
  b: "0,0 0,14 / 0,9 v3.6,4 h7.2,9 v3.6,14 h0,9",
  c: "6.3,5.6 v3.7,4 h0,9 v3.7,14 h6.3,12.4",
  d: "7.2,0 7.2,14 / 7.2,9 v3.6,4 h0,9 v3.6,14 h7.2,9",
  e: "0,9 7,9 v3.5,4 h0,9 v3.6,14 h6.6,12.2",
  f: "4.6,0 4.2,0 h1.6,2.8 1.6,14 / 0,4 4.4,4",
  g: "7.2,4 7.2,14.6 v3.6,18 h0.6,16.4 / 7.2,9 v3.6,4 h0,9 v3.6,14 h7.2,9",
  h: "0,0 0,14 / 0,8 v3.5,4 h6.6,7.6 6.6,14",
  i: "0.5,4 0.5,14 / 0.5,0.3 0.5,0.8",
  j: "2,4 2,15.4 v0,18 / 2,0.3 2,0.8",
  k: "0,0 0,14 / 6,4 0,10 / 2.2,7.9 6.4,14",
  l: "0.5,0 0.5,14",
  m: "0,4 0,14 / 0,7.6 v2.9,4 h5.5,7.4 5.5,14 / 5.5,7.6 v8.4,4 h11,7.4 11,14",
  n: "0,4 0,14 / 0,8 v3.5,4 h6.6,7.6 6.6,14",
  o: "3.7,4 h7.4,9 v3.7,14 h0,9 v3.7,4",
  p: "0,4 0,18 / 0,9 v3.6,4 h7.2,9 v3.6,14 h0,9",
  q: "7.2,4 7.2,18 / 7.2,9 v3.6,4 h0,9 v3.6,14 h7.2,9",
  r: "0,4 0,14 / 0,8 v3.4,4 4.2,4",
  s: "5.6,5.5 v3,4 h0.3,6.5 v3,9 h5.8,11.5 v3,14 h0,12.4",
  t: "1.6,1 1.6,11.2 v4.2,14 4.8,14 / 0,4 4.6,4",
  u: "0,4 0,10.4 v3.1,14 h6.6,10 / 6.6,4 6.6,14",
  v: "0,4 3.5,14 7,4",
  w: "0,4 2.7,14 5.4,5 8.1,14 10.8,4",
  x: "0,4 6.6,14 / 6.6,4 0,14",
  y: "0,4 3.5,13.6 / 7,4 2,18",
  z: "0,4 6,4 0,14 6.2,14",
  A: "0,14 4.8,0 9.6,14 / 1.7,9.2 7.9,9.2",
  B: "0,6.6 0,0 4.4,0 h7.6,3.3 v4.4,6.6 / 0,6.6 4.4,6.6 h8.2,10.3 v4.4,14 0,14 0,6.6",
  C: "9.2,2.6 v5.5,0 h0,7 v5.5,14 h9.2,11.4",
  D: "0,0 0,14 3.4,14 h9,7 v3.4,0 0,0",
  E: "7.2,0 0,0 0,14 7.2,14 / 0,6.8 6.4,6.8",
  F: "7,0 0,0 0,14 / 0,6.8 6,6.8",
  G: "9.4,2.6 v5.6,0 h0,7 v5.6,14 h9.8,9.8 9.8,7.6 6,7.6",
  H: "0,0 0,14 / 8.8,0 8.8,14 / 0,6.8 8.8,6.8",
  I: "0.5,0 0.5,14",
  J: "4.8,0 4.8,10.4 v2.3,14 h0,11.8",
  K: "0,0 0,14 / 7.8,0 0,8.8 / 2.9,5.6 8.2,14",
  L: "0,0 0,14 6.8,14",
  M: "0,14 0,0 5.2,10 10.4,0 10.4,14",
  N: "0,14 0,0 8.8,14 8.8,0",
  O: "5.4,0 h10.8,7 v5.4,14 h0,7 v5.4,0",
  P: "0,14 0,0 4.4,0 h8,3.9 v4.4,7.8 0,7.8",
  Q: "5.4,0 h10.8,7 v5.4,14 h0,7 v5.4,0 / 7,10.6 10.6,15",
  R: "0,14 0,0 4.4,0 h8,3.9 v4.4,7.8 0,7.8 / 4.6,7.8 8.4,14",
  S: "7.6,2.4 v4.1,0 h0.4,3.5 v4.1,6.9 h8,10.5 v4.1,14 h0,11.6",
  T: "0,0 8.8,0 / 4.4,0 4.4,14",
  U: "0,0 0,9.2 v4.4,14 h8.8,9.2 8.8,0",
  V: "0,0 4.7,14 9.4,0",
  W: "0,0 3.3,14 6.6,1.5 9.9,14 13.2,0",
  X: "0,0 8.4,14 / 8.4,0 0,14",
  Y: "0,0 4.4,7 8.8,0 / 4.4,7 4.4,14",
  Z: "0,0 8.2,0 0,14 8.4,14",
  0: "3.7,0 h7.4,7 v3.7,14 h0,7 v3.7,0",
  1: "1.4,2.8 4.4,0 4.4,14",
  2: "0.3,4 v3.6,0 h7,3.9 6,7 0,14 7.4,14",
  3: "0.4,2.6 v3.6,0 h6.8,3.4 v3.4,6.6 / 2.4,6.6 3.4,6.6 h7.4,10.3 v3.6,14 h0,11.4",
  4: "5.4,14 5.4,0 0,9.8 7.4,9.8",
  5: "6.8,0 1.2,0 0.6,6.4 3.4,5.2 h7.4,9.6 v3.4,14 h0,11.8",
  6: "6.6,1.8 v4.2,0 h0,8 0,9.7 / 3.7,5.4 h7.4,9.7 v3.7,14 h0,9.7 v3.7,5.4",
  7: "0,0 7.4,0 2.4,14",
  8: "3.7,0 h6.8,3.3 v3.7,6.6 h0.6,3.3 v3.7,0 / 3.7,6.6 h7.4,10.3 v3.7,14 h0,10.3 v3.7,6.6",
  9: "0.8,12.2 v3.2,14 h7.4,6 7.4,4.3 / 3.7,8.6 h0,4.3 v3.7,0 h7.4,4.3 v3.7,8.6",
  ".": "0.6,13.5 0.6,14",
  ",": "0.9,13.5 0,16.6",
  ":": "0.6,6 0.6,6.5 / 0.6,13.5 0.6,14",
  ";": "0.9,6 0.9,6.5 / 0.9,13.5 0,16.6",
  "-": "0,9 4.4,9",
  "–": "0,9 7,9",
  "_": "0,16 7,16",
  "+": "0,9 7.4,9 / 3.7,5.2 3.7,12.8",
  "=": "0,7 7.4,7 / 0,11 7.4,11",
  "/": "0,16 6,-1",
  "(": "2.8,-1 1,2.4 0.2,7 1,11.6 2.8,15",
  ")": "0,-1 1.8,2.4 2.6,7 1.8,11.6 0,15",
  "%":
    "2,0 h4,2.8 v2,5.6 h0,2.8 v2,0 / 8.6,8.4 h10.6,11.2 v8.6,14 h6.6,11.2 v8.6,8.4 / 8.8,0 1.8,14",
  "'": "0.5,0 0.5,3.4",
  "…": "0.6,13.5 0.6,14 / 4.6,13.5 4.6,14 / 8.6,13.5 8.6,14",
};

/** A stroke of a letter as points of the line along its middle. */
export type Stroke = readonly (readonly [x: number, y: number])[];

/** How a character is drawn, and how wide it is without the gap after it. */
interface Letter {
  readonly strokes: readonly Stroke[];
  readonly width: number;
}

/** Straight pieces of a quarter of an ellipse: at sizes of pictures no corner is to be seen. */
const PIECES = 8;

const LETTERS: ReadonlyMap<string, Letter> = new Map(
  Object.entries(DRAWN).map(([character, drawn]) => [character, letterOf(character, drawn)]),
);

const SPACE: Letter = { strokes: [], width: LETTER.space - LETTER.gap };
const BOX = letterOf("", "0,0 6,0 6,14 0,14 0,0");

/** How a character is drawn; one that the typeface lacks is a box. */
export function letterFor(character: string): Letter {
  return character === " " ? SPACE : LETTERS.get(character) ?? BOX;
}

function letterOf(character: string, drawn: string): Letter {
  const strokes = drawn.split(" / ").map(strokeOf);
  const right = Math.max(...strokes.flat().map(([x]) => x));
  // Figures are all of one width, so that columns of them stand still.
  return { strokes, width: /\d/.test(character) ? 7.4 : right };
}

function strokeOf(drawn: string): Stroke {
  const points: [number, number][] = [];
  for (const [, way, ...place] of drawn.matchAll(/([hv]?)(-?[\d.]+),(-?[\d.]+)/g)) {
    const [x, y] = place.map(Number) as [number, number];
    const [fromX, fromY] = points.at(-1) ?? [x, y];
    for (let piece = 1; way && piece < PIECES; piece++) {
      const angle = piece / PIECES * Math.PI / 2;
      const [early, late] = [Math.sin(angle), 1 - Math.cos(angle)];
      const [across, down] = way === "h" ? [early, late] : [late, early];
      points.push([fromX + (x - fromX) * across, fromY + (y - fromY) * down]);
    }
    points.push([x, y]);
  }
  return points;
}
