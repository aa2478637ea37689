/** CelebA's face boxes (`list_bbox_celeba.txt`), in pixels of the in-the-wild images. */

import { quoted } from "../files/quoted.ts";
import { shareAlike } from "./alike_names.ts";
import type { Box } from "../face/record.ts";
import type { Cells } from "../files/tables/cells.ts";
import { isImageHeading } from "../image/image_name.ts";
import { grown, NameTable } from "../files/tables/name_table.ts";
import { readTable, type TableOptions, type TableReader } from "../files/tables/text_table.ts";

/** Columns of a box, in the order of {@linkcode BoxTable}. */
const SIDES = ["x_1", "y_1", "width", "height"];

/** The boxes of a data set's faces: f32 [faces, 4] as x, y, width, height; NaN where there is none. */
export type BoxTable = Float32Array;

/**
 * Reads a box file. A box without an area (CelebA has one, for `101283.jpg`) counts as none, and boxes
 * of images that are not among `names` are left out. A name may differ from a face's in case or ending.
 *
 * @throws {SyntaxError} With `path:line`, if a column is missing or a cell is no number; with the path, if it
 * names a face so that several may be meant.
 */
export async function readBoxes(
  path: string,
  names: NameTable,
  options: TableOptions = {},
): Promise<BoxTable> {
  const reader = new BoxReader();
  await readTable(path, reader, options);
  const boxes = new Float32Array(4 * names.size).fill(NaN);
  const exact = new Uint8Array(names.size);
  const give = (face: number, at: number) =>
    boxes.set(reader.boxes.subarray(4 * at, 4 * at + 4), 4 * face);
  const found: string[] = [];
  for (let at = 0; at < reader.names.size; at++) {
    const name = reader.names.name(at);
    const face = names.indexOf(name);
    if (face < 0) {
      found.push(name);
    } else {
      exact[face] = 1;
      give(face, at);
    }
  }
  const { files } = shareAlike(
    found,
    exact,
    names,
    (named, held) =>
      new SyntaxError(`${path}: it names ${held} in place of ${named}: which is meant?`),
  );
  for (const [face, name] of files) give(face, reader.names.indexOf(name));
  return boxes;
}

/**
 * Reads a box file whose images are not known beforehand, and are named exactly.
 *
 * @returns The box of an image by its name, or null if it has none.
 * @throws {SyntaxError} As {@linkcode readBoxes}.
 */
export async function boxesIn(
  path: string,
  signal?: AbortSignal,
): Promise<(image: string) => Box | null> {
  const reader = new BoxReader();
  await readTable(path, reader, { signal });
  return (image) => boxOf(reader.boxes, reader.names.indexOf(image));
}

/** The box of face `index`, or null if it has none. */
export function boxOf(boxes: BoxTable, index: number): Box | null {
  if (index < 0) return null;
  const at = 4 * index;
  const width = boxes[at + 2] as number;
  const height = boxes[at + 3] as number;
  if (!(width > 0 && height > 0)) return null;
  return { x: boxes[at] as number, y: boxes[at + 1] as number, width, height };
}

class BoxReader implements TableReader {
  readonly names = new NameTable();
  /** By the index of the name. */
  boxes: BoxTable = new Float32Array(4 << 10);
  /** For every column of the file its place in SIDES, or −1. */
  #sides: number[] = [];
  #image = -1;

  header(cells: readonly string[], table: Cells): boolean {
    this.#image = cells.findIndex(isImageHeading);
    this.#sides = cells.map((cell) => SIDES.indexOf(cell));
    const missing = SIDES.filter((_, side) => !this.#sides.includes(side));
    if (this.#image < 0) missing.unshift("image_id");
    if (missing.length > 0) throw table.fail(`the column ${missing.join(", ")} is missing.`);
    return true;
  }

  row(cells: Cells): void {
    const values = [NaN, NaN, NaN, NaN];
    let face = -1;
    for (const [at, side] of this.#sides.entries()) {
      if (!cells.next()) throw cells.fail(`the row has ${at} cells, not ${this.#sides.length}.`);
      if (at === this.#image) face = this.#place(cells);
      if (side >= 0) values[side] = readNumber(cells);
    }
    if (cells.next()) throw cells.fail(`the row has more than ${this.#sides.length} cells.`);
    this.boxes.set(values, 4 * face);
  }

  #place({ bytes, start, stop }: Cells): number {
    const face = this.names.add(bytes, start, stop);
    if (face < 0) return this.names.find(bytes, start, stop);
    if (4 * face === this.boxes.length) {
      this.boxes = grown(this.boxes, Float32Array, 4 * face + 4);
    }
    return face;
  }
}

/** The number in the current cell, finite as f32 too. */
function readNumber(cells: Cells): number {
  const value = cells.number();
  if (Number.isFinite(Math.fround(value))) return value;
  throw cells.fail(`a number is needed, found ${quoted(cells.text())}.`);
}
