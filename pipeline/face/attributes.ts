/**
 * The 40 attributes of CelebA in the order of its label file, and how 40 yes/no labels are held.
 *
 * A face's labels are one number below 2^40: bit c says whether attribute c is present. A number
 * holds 53 bits exactly, so records stay small and copy freely between threads.
 */

/** Attribute names, in the column order of CelebA's `list_attr_celeba.txt`. */
export const ATTRIBUTES = [
  "5_o_Clock_Shadow",
  "Arched_Eyebrows",
  "Attractive",
  "Bags_Under_Eyes",
  "Bald",
  "Bangs",
  "Big_Lips",
  "Big_Nose",
  "Black_Hair",
  "Blond_Hair",
  "Blurry",
  "Brown_Hair",
  "Bushy_Eyebrows",
  "Chubby",
  "Double_Chin",
  "Eyeglasses",
  "Goatee",
  "Gray_Hair",
  "Heavy_Makeup",
  "High_Cheekbones",
  "Male",
  "Mouth_Slightly_Open",
  "Mustache",
  "Narrow_Eyes",
  "No_Beard",
  "Oval_Face",
  "Pale_Skin",
  "Pointy_Nose",
  "Receding_Hairline",
  "Rosy_Cheeks",
  "Sideburns",
  "Smiling",
  "Straight_Hair",
  "Wavy_Hair",
  "Wearing_Earrings",
  "Wearing_Hat",
  "Wearing_Lipstick",
  "Wearing_Necklace",
  "Wearing_Necktie",
  "Young",
] as const;

/** One of the 40 attribute names. */
export type Attribute = typeof ATTRIBUTES[number];

/** Names that other label files use for an attribute of CelebA. Source: AttParseNet's csv. */
const SYNONYMS: Readonly<Record<string, Attribute>> = {
  Grey_Hair: "Gray_Hair",
  Side_Burns: "Sideburns",
};

/** By the name in lower case. */
const COLUMN: ReadonlyMap<string, number> = new Map([
  ...ATTRIBUTES.map((name, column) => [name.toLowerCase(), column] as const),
  ...Object.entries(SYNONYMS).map(([name, own]) =>
    [name.toLowerCase(), ATTRIBUTES.indexOf(own)] as const
  ),
]);

/** The column of an attribute, its name in any case, or `undefined` if no attribute has that name. */
export function attributeColumn(name: string): number | undefined {
  return COLUMN.get(name.toLowerCase());
}

/** Whether attribute `column` is present in `labels`. */
export function hasAttribute(labels: number, column: number): boolean {
  return Math.floor(labels / 2 ** column) % 2 === 1;
}

/**
 * The labels in which exactly the named attributes are present.
 *
 * @example Labels as bits
 * ```ts
 * import { attributeColumn, hasAttribute, labelsOf, namesOf } from "@attparsenet/attparsenet";
 * import assert from "node:assert/strict";
 *
 * const labels = labelsOf(["Smiling", "Eyeglasses"]);
 * assert(hasAttribute(labels, attributeColumn("Smiling")!));
 * assert.deepEqual(namesOf(labels), ["Eyeglasses", "Smiling"]);
 * ```
 */
export function labelsOf(names: Iterable<Attribute>): number {
  let labels = 0;
  for (const name of new Set(names)) labels += 2 ** ATTRIBUTES.indexOf(name);
  return labels;
}

/** The names of the attributes that are present, in column order. */
export function namesOf(labels: number): Attribute[] {
  return ATTRIBUTES.filter((_, column) => hasAttribute(labels, column));
}
