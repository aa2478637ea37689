/**
 * The plan of a face: 68 landmarks in the face's own coordinates, in iBUG order.
 *
 * Everything is drawn along these points, so they are the drawn face's true landmarks. Distances are
 * pixels of CelebA's aligned frame for a face of scale one; "left" and "right" are the picture's.
 */

import type { Attribute } from "../face/attributes.ts";
import type { Random } from "../numbers/random.ts";
import type { Point } from "./pose.ts";

export interface Anatomy {
  /** 68 points in iBUG order. */
  readonly points: readonly Point[];
  /** Half the height of the opening of the eyes. */
  readonly eyeOpening: number;
}

/** Right half of a jaw line, from beside the eye (p16) down to the chin (p8). */
type HalfJaw = readonly Point[];

/** Jaw lines, drawn by eye after the proportions of photographs. */
// deno-fmt-ignore
const JAWS = {
  woman: [[46.4, -2.9], [45.5, 8.9], [44.2, 20.5], [41.6, 31.0], [37.2, 42.1], [30.8, 52.3], [22.5, 60.7], [12.5, 67.0], [0.0, 69.8]],
  man: [[47.9, -3.0], [47.1, 9.5], [46.5, 22.1], [45.2, 33.9], [42.8, 46.0], [37.9, 56.4], [29.5, 64.5], [17.2, 70.0], [0.0, 72.0]],
  oval: [[43.9, -3.0], [42.9, 10.1], [41.4, 23.7], [38.8, 36.1], [34.7, 48.7], [28.8, 59.8], [21.2, 69.2], [11.8, 76.2], [0.0, 79.0]],
  round: [[51.3, -3.0], [51.3, 9.5], [51.7, 22.4], [50.7, 34.4], [47.9, 46.3], [42.2, 56.1], [33.3, 63.7], [19.5, 69.1], [0.0, 71.2]],
} as const satisfies Record<string, HalfJaw>;

function chooseJaw(traits: ReadonlySet<Attribute>): HalfJaw {
  const base: HalfJaw = traits.has("Male") ? JAWS.man : JAWS.woman;
  const [goal, share]: [HalfJaw, number] = traits.has("Chubby")
    ? [JAWS.round, 0.9]
    : traits.has("Oval_Face")
    ? [JAWS.oval, traits.has("Male") ? 0.8 : 1]
    : [base, 0];
  return base.map(([x, y], i) => {
    const [goalX, goalY] = goal[i] as Point;
    return [x + (goalX - x) * share, y + (goalY - y) * share] as const;
  });
}

const flip = ([x, y]: Point): Point => [-x, y];

/** Points 0–16, from the picture's left to its right. */
function planJaw(traits: ReadonlySet<Attribute>, width: number): Point[] {
  const right = chooseJaw(traits).map(([x, y]) => [x * width, y] as const);
  return [...right.slice(0, 8).map(flip), ...right.toReversed()];
}

/** Points 17–26. Arched brows rise to a peak over the outer third; others run flat. */
function planBrows(traits: ReadonlySet<Attribute>, lift: number, reach: number): Point[] {
  const base = (traits.has("Male") ? -13.5 : -16) + lift;
  const rise = traits.has("Arched_Eyebrows")
    ? [2.5, -5.5, -9, -7, -0.6]
    : [0.4, -0.5, -0.6, -0.5, 0];
  const across = [1, 0.86, 0.7, 0.51, 0.33].map((share) => share * reach);
  const right = across.map((x, i) => [x, base + (rise[i] as number)] as const);
  return [...right.map(flip), ...right.toReversed()];
}

/** Points 27–35: bridge from top to tip, then the bottom from wing to wing. */
function planNose(width: number, length: number): Point[] {
  const bridge = [0, 0.31, 0.62, 0.93].map((share) => [0, 0.6 + share * (length - 1.6)] as const);
  const bottom = [-1, -0.52, 0, 0.52, 1].map((share) =>
    [share * width, -1 + length + 4.6 - 2.6 * Math.abs(share) ** 1.5] as const
  );
  return [...bridge, ...bottom];
}

/** Middle of an eye, from the face's middle. */
export const EYE_X = 20.4;

/** Points 36–47: each eye from its image-left corner over the upper lid and back. */
function planEyes(opening: number, width: number, slant: number): Point[] {
  const [inner, outer] = [EYE_X - width, EYE_X + width];
  const right: Point[] = [
    [inner, -0.4],
    [inner + width * 0.62, -opening - 0.6],
    [inner + width * 1.36, -opening - 0.6 - slant * 0.5],
    [outer, -0.8 - slant],
    [inner + width * 1.36, opening * 0.55],
    [inner + width * 0.66, opening * 0.58],
  ];
  const left = [3, 2, 1, 0, 5, 4].map((i) => flip(right[i] as Point));
  return [...left, ...right];
}

/** How a mouth is shaped: half width, lip thicknesses, gap between the lips, lift of the corners. */
interface Mouth {
  readonly y: number;
  readonly width: number;
  readonly upper: number;
  readonly lower: number;
  readonly gap: number;
  readonly lift: number;
}

/** Points 48–67: outer contour from the image-left corner clockwise, then the inner one. */
function planMouth({ y, width, upper, lower, gap, lift }: Mouth): Point[] {
  // A raised corner bends the whole mouth: at a share u of the half width it is raised by lift·u².
  const at = (share: number, offset: number): Point => [
    share * width,
    y + offset - lift * (share * share - 0.25),
  ];
  const outer = [
    at(-1, 0),
    at(-0.62, -upper * 0.72 - gap * 0.3),
    at(-0.23, -upper - gap * 0.5),
    at(0, -upper * 0.82 - gap * 0.5),
    at(0.23, -upper - gap * 0.5),
    at(0.62, -upper * 0.72 - gap * 0.3),
    at(1, 0),
    at(0.62, lower * 0.74 + gap * 0.3),
    at(0.25, lower + gap * 0.5),
    at(0, lower * 1.03 + gap * 0.5),
    at(-0.25, lower + gap * 0.5),
    at(-0.62, lower * 0.74 + gap * 0.3),
  ];
  const inner = [
    at(-0.86, 0),
    at(-0.3, -gap * 0.5),
    at(0, -gap * 0.5 + 0.4),
    at(0.3, -gap * 0.5),
    at(0.86, 0),
    at(0.3, gap * 0.5 + 0.2),
    at(0, gap * 0.5 + 0.3),
    at(-0.3, gap * 0.5 + 0.2),
  ];
  return [...outer, ...inner];
}

function chooseMouth(
  traits: ReadonlySet<Attribute>,
  vary: (spread: number) => number,
  nose: Point,
  chin: Point,
): Mouth {
  const smiling = traits.has("Smiling");
  const big = traits.has("Big_Lips");
  const upper = (big ? 7.2 : 2.8) + vary(0.3);
  const gap = traits.has("Mouth_Slightly_Open") ? 7 + vary(0.7) : 0.4;
  const usual = nose[1] + 0.36 * (chin[1] - nose[1]) + vary(0.7);
  return {
    // Thick or open lips move down rather than into the nose.
    y: Math.max(usual, nose[1] + 3.5 + upper + gap / 2),
    width: (smiling ? 22.5 : 15.5) + (big ? 1.5 : 0) + vary(0.6),
    upper,
    lower: (big ? 9.6 : 3.8) + vary(0.3),
    gap,
    lift: smiling ? 9 + vary(0.7) : -1.5 + vary(0.7),
  };
}

/** Plans a face with these attributes; what they leave open is drawn at random. */
export function planFace(traits: ReadonlySet<Attribute>, random: Random): Anatomy {
  const vary = (spread: number) => Math.max(-2, Math.min(2, random.normal())) * spread;
  const eyeOpening = (traits.has("Narrow_Eyes") ? 1.5 : 5) + vary(0.2);
  const noseWidth = (traits.has("Big_Nose") ? 15 : traits.has("Pointy_Nose") ? 6.8 : 9.6) +
    vary(0.4);
  const noseLength = (traits.has("Big_Nose") ? 32 : 30) + vary(0.8);
  const jaw = planJaw(traits, 1 + vary(0.012));
  const nose = planNose(noseWidth, noseLength);
  return {
    eyeOpening,
    points: [
      ...jaw,
      ...planBrows(traits, vary(0.8), Math.min(38.5, (jaw[16] as Point)[0] - 8.5)),
      ...nose,
      ...planEyes(eyeOpening, 8.9 + vary(0.35), 0.6 + vary(0.5)),
      ...planMouth(chooseMouth(traits, vary, nose[6] as Point, jaw[8] as Point)),
    ],
  };
}
