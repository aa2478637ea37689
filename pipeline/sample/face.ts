/** One synthetic face before it is drawn: its attributes, its plan, its colours. */

import type { Attribute } from "../face/attributes.ts";
import type { Random } from "../numbers/random.ts";
import { type Anatomy, planFace } from "./anatomy.ts";
import { type Color, mixColors, scaleColor } from "./drawing.ts";
import { drawPose, type Point, type Pose } from "./pose.ts";
import { drawTraits } from "./traits.ts";

/** Everything a face is drawn from. */
export interface Face extends Anatomy {
  readonly traits: ReadonlySet<Attribute>;
  readonly pose: Pose;
  readonly palette: Palette;
  /** Long hair, behind the ears and down to the shoulders. */
  readonly longHair: boolean;
  /** Draws what is left to chance; each part takes its own fork. */
  readonly random: Random;
}

interface Palette {
  readonly skin: Color;
  /** Skin in shadow, for lines and folds. */
  readonly shadow: Color;
  readonly hair: Color;
  readonly brow: Color;
  readonly beard: Color;
  readonly lips: Color;
  readonly iris: Color;
  readonly cloth: Color;
  /** Hats, ties and frames. */
  readonly accent: Color;
}

/** Skin tones from light to dark; pale skin lies clearly apart from the lightest. */
const SKIN: readonly Color[] = [
  [222, 168, 134],
  [212, 154, 116],
  [196, 136, 98],
  [172, 114, 78],
  [140, 90, 60],
];
const PALE: Color = [250, 231, 222];

const HAIR: readonly (readonly [Attribute, Color])[] = [
  ["Black_Hair", [24, 21, 24]],
  ["Brown_Hair", [112, 64, 30]],
  ["Blond_Hair", [234, 198, 112]],
  ["Gray_Hair", [176, 178, 184]],
];

/** Hair of which only brows and beard are seen. */
const HIDDEN_HAIR: readonly Color[] = [[30, 24, 22], [78, 48, 28], [120, 84, 46]];
const IRIS: readonly Color[] = [[74, 46, 28], [96, 66, 36], [70, 104, 130], [84, 112, 82]];
const LIPSTICK: readonly Color[] = [[196, 16, 44], [206, 24, 110], [136, 14, 66], [224, 40, 30]];
const CLOTH: readonly Color[] = [
  [38, 44, 58],
  [92, 102, 116],
  [58, 88, 74],
  [120, 92, 96],
  [176, 172, 162],
  [70, 62, 96],
];
const ACCENT: readonly Color[] = [
  [26, 54, 128],
  [150, 24, 32],
  [22, 96, 70],
  [40, 40, 46],
  [202, 150, 28],
  [104, 40, 118],
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)] as T;
}

function drawPalette(traits: ReadonlySet<Attribute>, random: Random): Palette {
  const tone = random.next() * (SKIN.length - 1);
  const lighter = SKIN[Math.floor(tone)] as Color;
  const darker = SKIN[Math.ceil(tone)] as Color;
  const skin = traits.has("Pale_Skin") ? PALE : mixColors(lighter, darker, tone % 1);
  const hidden = pick(random, HIDDEN_HAIR);
  const shown = HAIR.find(([name]) => traits.has(name))?.[1];
  const hair = scaleColor(shown ?? hidden, 0.94 + 0.12 * random.next());
  const grown = mixColors(shown ?? hidden, [34, 26, 22], shown === undefined ? 0.1 : 0.45);
  const naturalLips = mixColors(skin, [172, 66, 74], 0.6);
  return {
    skin,
    shadow: mixColors(scaleColor(skin, 0.45), [70, 26, 20], 0.3),
    hair,
    brow: mixColors(grown, skin, 0.12),
    beard: mixColors(grown, [30, 24, 22], 0.25),
    lips: traits.has("Wearing_Lipstick") ? pick(random, LIPSTICK) : naturalLips,
    iris: pick(random, IRIS),
    cloth: pick(random, CLOTH),
    accent: pick(random, ACCENT),
  };
}

/** Draws a face: attributes first, then everything that shows them. */
export function drawFace(random: Random): Face {
  const traits = drawTraits(random.fork("traits"));
  return {
    traits,
    ...planFace(traits, random.fork("anatomy")),
    pose: drawPose(random.fork("pose"), !traits.has("Attractive")),
    palette: drawPalette(traits, random.fork("palette")),
    longHair: random.fork("hair").next() < (traits.has("Male") ? 0.04 : 0.86),
    random,
  };
}

export function landmark(face: Face, index: number): Point {
  return face.points[index] as Point;
}

/** Landmarks `first` to `last` of a face's plan, in order. */
export function landmarks(face: Face, first: number, last: number): Point[] {
  return face.points.slice(first, last + 1);
}

/** The outline of the skull and jaw: the jaw line, then over the crown from right to left. */
export function headOutline(face: Face): Point[] {
  const width = landmark(face, 16)[0];
  const crown: Point[] = [
    [width * 1.03, -14],
    [width * 1.01, -32],
    [width * 0.86, -50],
    [width * 0.5, -62.5],
  ];
  const left = crown.map(([x, y]) => [-x, y] as const).reverse();
  return [...landmarks(face, 0, 16), ...crown, [0, -66.5], ...left];
}
