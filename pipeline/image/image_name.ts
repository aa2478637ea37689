/**
 * Image names as tables spell them, and which of them are refused: a name comes from a file that
 * somebody else wrote, and it becomes part of paths that are read and written.
 */

import { kindOfName } from "./picture_kinds.ts";
import { quoted } from "../files/quoted.ts";
import type { Cells } from "../files/tables/cells.ts";

/** Whether a file's name ends as those of the pictures that are read do. */
export function isImageFile(name: string): boolean {
  return kindOfName(name)?.isRead ?? false;
}

/** A name without the ending of a picture, in lower case but for its folders. */
export function bareName(name: string): string {
  const start = Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1;
  const end = kindOfName(name) === null ? name.length : name.lastIndexOf(".");
  return name.slice(0, start) + name.slice(start, end).toLowerCase();
}

/** What a spreadsheet takes for the beginning of a formula, wide letters too. */
const FORMULA = String.raw`[=+\-@\uff1d\uff0b\uff0d\uff20]`;
const LIKE_FORMULA = new RegExp(String.raw`^(?:\./)*${FORMULA}`);

/**
 * An image's name as tables have it: one that a spreadsheet would take for a formula, as `=1+1.jpg`, begins with
 * `./` there, which leads to the same file.
 */
export function nameInTable(image: string): string {
  return LIKE_FORMULA.test(image) ? `./${image}` : image;
}

/** The name that {@linkcode nameInTable} wrote. */
export function nameFromTable(cell: string): string {
  return cell.startsWith("./") && LIKE_FORMULA.test(cell) ? cell.slice(2) : cell;
}

/** Headings of the column that holds the image's name, in lower case. */
const IMAGE_HEADINGS: ReadonlySet<string> = new Set([
  "image_id", // CelebA's csv mirrors
  "image_name", // AttParseNet's csv
  "image",
  "image_path",
  "img",
  "img_path",
  "file",
  "file_name",
  "file_path",
  "filename",
  "name",
  "path",
]);

/** Whether a column of this name holds the names of images. */
export function isImageHeading(name: string): boolean {
  return IMAGE_HEADINGS.has(name.toLowerCase());
}

/** Whether a first column of this name is a row number that a table program added. */
export function isRowNumberHeading(name: string): boolean {
  return name === "" || name === "Unnamed: 0";
}

/** The longest name, and what file systems take between two separators. */
const LONGEST = 500;
const LONGEST_PART = 255;

/**
 * Why `name` cannot be the name of an image below the data set's folder, as the rest of a sentence
 * that begins with "it", or null if it can. Both `/` and `\` separate folders.
 */
export function imageNameFault(name: string): string | null {
  if (name === "") return "is empty";
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f]/.test(name)) return "holds a control character";
  if (/^[/\\]|^[A-Za-z]:/.test(name)) return "is an absolute path";
  const parts = name.split(/[/\\]/);
  if (parts.includes("..")) return "leads out of the image folder";
  if (parts.some((part) => new TextEncoder().encode(part).length > LONGEST_PART)) {
    return `has a part that is longer than ${LONGEST_PART} bytes`;
  }
  if (["", "."].includes(parts.at(-1)!)) return "is the name of a folder";
  return null;
}

/**
 * Checks that the current cell is the name of an image below the data set's folder.
 *
 * @throws {SyntaxError} With `path:line` and the name.
 */
export function checkImageCell(cells: Cells): void {
  if (isPlain(cells)) return;
  const name = cells.text();
  const fault = imageNameFault(name);
  if (fault !== null) throw cells.fail(`the image name ${quoted(name)} ${fault}.`);
}

/** Whether no byte of the cell needs a closer look, as in `000001.jpg`. */
function isPlain({ bytes, start, stop }: Cells): boolean {
  if (start === stop || stop - start > LONGEST_PART || bytes[start] === 0x2e) return false;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at] as number;
    // Control characters, "/", ":", "\", DEL, and what is not ASCII.
    if (byte < 0x20 || byte === 0x2f || byte === 0x3a || byte === 0x5c || byte >= 0x7f) {
      return false;
    }
  }
  return true;
}
