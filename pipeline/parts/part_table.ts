/** The parts of a face that CelebAMask-HQ has masks of, and those that make up each attribute's region. */

import { type Attribute, attributeColumn, ATTRIBUTES } from "../face/attributes.ts";
import { quoted } from "../files/quoted.ts";

/**
 * The parts as CelebAMask-HQ's files name them; a part's place in this list is its bit. `l_` and `r_` are as the
 * data set has them: no table of ours has one without the other.
 *
 * Source: Lee et al., "MaskGAN: Towards diverse and interactive facial image manipulation", 2020.
 */
export const PARTS: readonly string[] = [
  ...["skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear"],
  ...["mouth", "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth"],
];

/** The parts whose union is an attribute's region; an attribute that is not in it has none. */
export type PartTable = { readonly [A in Attribute]?: readonly string[] };

const HAIR = ["hair"];
const MOUTH = ["mouth", "u_lip", "l_lip"];
const BROWS = ["l_brow", "r_brow"];

/**
 * The attributes that are where a part is, and nowhere else. The others have no part of their own: cheeks, chin,
 * beards and bags under the eyes are somewhere in the skin, bangs somewhere in the hair, a bald head has no mask,
 * and of the whole face (`Male`, `Young`) *where* says nothing.
 */
export const PART_TABLE: PartTable = {
  Arched_Eyebrows: BROWS,
  Big_Lips: ["u_lip", "l_lip"],
  Big_Nose: ["nose"],
  Black_Hair: HAIR,
  Blond_Hair: HAIR,
  Brown_Hair: HAIR,
  Bushy_Eyebrows: BROWS,
  Eyeglasses: ["eye_g"],
  Gray_Hair: HAIR,
  Mouth_Slightly_Open: MOUTH,
  Narrow_Eyes: ["l_eye", "r_eye"],
  Pale_Skin: ["skin", "nose", "l_ear", "r_ear", "neck"],
  Pointy_Nose: ["nose"],
  Smiling: MOUTH,
  Straight_Hair: HAIR,
  Wavy_Hair: HAIR,
  Wearing_Earrings: ["ear_r"],
  Wearing_Hat: ["hat"],
  Wearing_Lipstick: ["u_lip", "l_lip"],
  Wearing_Necklace: ["neck_l"],
};

/**
 * Bit p of word c says whether part p belongs to attribute c: u32 [40].
 *
 * @throws {RangeError} If a part is none.
 */
export function partBits(table: PartTable): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(ATTRIBUTES, (name) =>
    (table[name] ?? []).reduce((bits, part) => {
      const bit = PARTS.indexOf(part);
      if (bit < 0) throw new RangeError(`Cannot use ${quoted(part)} of ${name}: it is no part`);
      return bits | (1 << bit);
    }, 0));
}

/** Reads a table from a file; errors as of {@linkcode parsePartTable}, and those of reading. */
export async function readPartTable(path: string): Promise<PartTable> {
  return parsePartTable(await Deno.readTextFile(path), path);
}

/**
 * A table as text: a line for each attribute, as `Big_Lips: u_lip l_lip`. Empty lines are passed over, and so is
 * what follows a `#`.
 *
 * @throws {SyntaxError} With `path:line`, of an attribute or a part that is none, or an attribute that is there
 * twice; if there is no attribute at all.
 */
export function parsePartTable(source: string, path: string): PartTable {
  const table = new Map<Attribute, readonly string[]>();
  for (const [at, line] of source.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).entries()) {
    const text = line.replace(/#.*/, "").trim();
    if (text === "") continue;
    const fail = (problem: string) => new SyntaxError(`${path}:${at + 1}: ${problem}.`);
    const [name, list, ...more] = text.split(":").map((cell) => cell.trim());
    if (list === undefined || more.length > 0) {
      throw fail(`an attribute and its parts are expected, as "Big_Lips: u_lip l_lip"`);
    }
    const attribute = ATTRIBUTES[attributeColumn(name!) ?? -1];
    if (attribute === undefined) throw fail(`${quoted(name!)} is no attribute`);
    if (table.has(attribute)) throw fail(`${attribute} is there already`);
    const parts = list.split(/[\s,]+/).filter((part) => part !== "");
    const wrong = parts.find((part) => !PARTS.includes(part));
    if (wrong !== undefined) {
      throw fail(`${quoted(wrong)} is no part; the parts are ${PARTS.join(", ")}`);
    }
    if (parts.length === 0) throw fail(`${attribute} has no part; leave its line out`);
    table.set(attribute, PARTS.filter((part) => parts.includes(part)));
  }
  if (table.size === 0) throw new SyntaxError(`${path}:1: the table has no attribute.`);
  const known = ATTRIBUTES.filter((name) => table.has(name));
  return Object.fromEntries(known.map((name) => [name, table.get(name)!]));
}
