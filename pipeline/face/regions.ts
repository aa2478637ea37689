/**
 * The 14 regions of a face as polygons over its 68 landmarks, and which of them each of the 40
 * attributes occupies.
 *
 * Everything here is data and whole-number arithmetic; drawing is `kernels/rasterize.ts`.
 * Source: the region and segment tables of AttParseNet (Thom and Hand, University of Nevada, Reno).
 */

import { type Attribute, ATTRIBUTES } from "./attributes.ts";

/** Region names; a region's place in this list is its bit in the rasterised pixels. */
export const REGIONS = [
  "chin",
  "left_cheek",
  "right_cheek",
  "upper_lip",
  "mouth",
  "left_eye",
  "right_eye",
  "nose",
  "left_eye_brow",
  "right_eye_brow",
  "top_of_head",
  "left_ear",
  "right_ear",
  "neck",
] as const;

/** One of the 14 region names. "Left" is left in the picture: the person's right side. */
export type Region = typeof REGIONS[number];

/**
 * A corner of a region, made from landmark `point`:
 * a bare number, the landmark itself;
 * `awayFrom`, the landmark moved sideways by its distance from another one: (2·x − x', y);
 * `shift: "crown"`, moved up by the height of the head above the brows;
 * `shift: "neck"`, moved down by the distance from the nose (33) to the chin's upper edge (58).
 */
export type Corner =
  | number
  | { readonly point: number; readonly awayFrom: number }
  | { readonly point: number; readonly shift: "crown" | "neck" };

/** A region's outline and when it is there at all. */
export interface RegionShape {
  /** Corners in drawing order; the last one joins the first. */
  readonly corners: readonly Corner[];
  /** There only if x of the first landmark exceeds x of the second by more than 5 pixels. */
  readonly onlyIfRightOf?: readonly [point: number, other: number];
  /** Absent if any corner has a negative coordinate. */
  readonly insideOnly?: true;
}

/** The outline of every region. */
export const REGION_SHAPES: Readonly<Record<Region, RegionShape>> = {
  chin: { corners: [...run(5, 11), ...run(54, 59), 48] },
  left_cheek: { corners: [...run(0, 5), 48, 31, 39, 40, 41, 36] },
  right_cheek: { corners: [...run(16, 11), 54, 35, 42, 47, 46, 45] },
  upper_lip: { corners: [48, ...run(31, 35), ...run(54, 49)] },
  mouth: { corners: run(48, 59) },
  left_eye: { corners: run(36, 41) },
  right_eye: { corners: run(42, 47) },
  nose: {
    corners: [
      { point: 31, awayFrom: 32 },
      ...run(32, 34),
      { point: 35, awayFrom: 34 },
      ...[42, 27, 39],
    ],
  },
  left_eye_brow: { corners: run(17, 21) },
  right_eye_brow: { corners: run(22, 26) },
  top_of_head: {
    corners: [24, { point: 24, shift: "crown" }, { point: 19, shift: "crown" }, 19],
    insideOnly: true,
  },
  left_ear: {
    corners: [...run(0, 3).map((point) => ({ point, awayFrom: 17 })), ...run(3, 0)],
    onlyIfRightOf: [17, 0],
    insideOnly: true,
  },
  right_ear: {
    corners: [...run(16, 13).map((point) => ({ point, awayFrom: 26 })), ...run(13, 16)],
    onlyIfRightOf: [16, 26],
    insideOnly: true,
  },
  neck: {
    corners: [...run(5, 11), ...run(11, 5).map((point) => ({ point, shift: "neck" as const }))],
  },
};

const CHEEKS = ["left_cheek", "right_cheek"] as const;
const EYES = ["left_eye", "right_eye"] as const;
const BROWS = ["left_eye_brow", "right_eye_brow"] as const;
const EARS = ["left_ear", "right_ear"] as const;
const HAIR = ["top_of_head"] as const;

/** The regions whose union is an attribute's mask where the attribute is present. */
export const ATTRIBUTE_REGIONS: Readonly<Record<Attribute, readonly Region[]>> = {
  "5_o_Clock_Shadow": ["chin", ...CHEEKS, "upper_lip", "neck"],
  Arched_Eyebrows: BROWS,
  Attractive: REGIONS,
  Bags_Under_Eyes: CHEEKS,
  Bald: HAIR,
  Bangs: HAIR,
  Big_Lips: ["mouth"],
  Big_Nose: ["nose"],
  Black_Hair: HAIR,
  Blond_Hair: HAIR,
  Blurry: REGIONS,
  Brown_Hair: HAIR,
  Bushy_Eyebrows: BROWS,
  Chubby: ["chin", ...CHEEKS, "upper_lip", "neck", "mouth", "nose", ...BROWS],
  Double_Chin: ["neck"],
  Eyeglasses: [...CHEEKS, ...EYES, ...BROWS, ...EARS],
  Goatee: ["chin"],
  Gray_Hair: HAIR,
  Heavy_Makeup: [...CHEEKS, "mouth", ...EYES, ...BROWS],
  High_Cheekbones: CHEEKS,
  Male: REGIONS,
  Mouth_Slightly_Open: ["mouth"],
  Mustache: ["upper_lip"],
  Narrow_Eyes: EYES,
  No_Beard: ["chin", ...CHEEKS, "neck"],
  Oval_Face: ["chin", ...CHEEKS],
  Pale_Skin: ["chin", ...CHEEKS, "upper_lip", "neck", "mouth", "nose"],
  Pointy_Nose: ["nose"],
  Receding_Hairline: HAIR,
  Rosy_Cheeks: CHEEKS,
  Sideburns: CHEEKS,
  Smiling: ["mouth"],
  Straight_Hair: HAIR,
  Wavy_Hair: HAIR,
  Wearing_Earrings: EARS,
  Wearing_Hat: HAIR,
  Wearing_Lipstick: ["mouth"],
  Wearing_Necklace: ["neck"],
  Wearing_Necktie: ["neck"],
  Young: REGIONS,
};

/** Bit r of word c says whether attribute c occupies region r: u32 [40]. */
export function attributeRegionMasks(): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(ATTRIBUTES, (name) => regionBits(ATTRIBUTE_REGIONS[name]));
}

/** The set of regions as bits. */
export function regionBits(regions: readonly Region[]): number {
  return regions.reduce((bits, region) => bits | (1 << REGIONS.indexOf(region)), 0);
}

/** first, …, last, counting up or down. */
function run(first: number, last: number): number[] {
  const step = Math.sign(last - first);
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => first + i * step);
}
