/**
 * Small data sets in CelebA's layouts, written for one test and removed after it.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { ATTRIBUTES } from "../pipeline/attributes.ts";

/** Files by their path below a folder; an empty path ending in "/" makes an empty folder. */
export type Files = Readonly<Record<string, string>>;

/** Runs `test` with a folder that holds `files`. */
export async function withFolder(
  files: Files,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, name);
      await Deno.mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
      if (!name.endsWith("/")) await Deno.writeTextFile(path, text);
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** The labels of face `face` in the tests' data sets: differs from face to face, 40 numbers 0 or 1. */
export function testLabels(face: number): number[] {
  return ATTRIBUTES.map((_, column) => (face * 7 + column * column + (face >> column % 5)) % 3 % 2);
}

/** {@linkcode testLabels} as the number that a record holds. */
export function testBits(face: number): number {
  return testLabels(face).reduce((sum, label, column) => sum + label * 2 ** column, 0);
}

/** `000001.jpg` for face 1. */
export function imageName(face: number): string {
  return `${String(face).padStart(6, "0")}.jpg`;
}

/** How {@linkcode officialLabels} differs from the official file. */
export interface LabelFileOptions {
  readonly names?: readonly string[];
  readonly count?: number;
  readonly newline?: string;
  readonly lastNewline?: boolean;
  readonly negative?: string;
  /** Column order: position in the file → attribute. */
  readonly order?: readonly number[];
}

/** A label file in the official form: count, names, padded rows. Faces are numbered from 1. */
export function officialLabels(faces: number, options: LabelFileOptions = {}): string {
  const { newline = "\r\n", negative = "-1", order = ATTRIBUTES.map((_, column) => column) } =
    options;
  const names = options.names ?? order.map((column) => ATTRIBUTES[column]);
  const rows = Array.from({ length: faces }, (_, row) => {
    const labels = testLabels(row + 1);
    const cells = order.map((column) => (labels[column] ? "1" : negative).padStart(2));
    return `${imageName(row + 1)} ${cells.join(" ")}`;
  });
  const lines = [String(options.count ?? faces), names.join(" ") + " ", ...rows];
  return lines.join(newline) + (options.lastNewline === false ? "" : newline);
}

/** A label file as the csv mirrors have it. Faces are numbered from 1. */
export function csvLabels(
  faces: number,
  options: LabelFileOptions & { readonly heading?: string } = {},
): string {
  const { newline = "\n", negative = "-1", order = ATTRIBUTES.map((_, column) => column) } =
    options;
  const names = options.names ?? order.map((column) => ATTRIBUTES[column]);
  const rows = Array.from({ length: faces }, (_, row) => {
    const labels = testLabels(row + 1);
    return [imageName(row + 1), ...order.map((column) => labels[column] ? "1" : negative)].join(
      ",",
    );
  });
  const lines = [[options.heading ?? "image_id", ...names].join(","), ...rows];
  return lines.join(newline) + (options.lastNewline === false ? "" : newline);
}

/** A partition file: face i (from 1) belongs to the split of `splits[i - 1]`. */
export function partitionText(splits: readonly number[], separator = " "): string {
  return splits.map((split, face) => `${imageName(face + 1)}${separator}${split}\n`).join("");
}
