/** Which face belongs to which split: from CelebA's partition file, or drawn from a seed. */

import { quoted } from "../files/quoted.ts";
import type { Split } from "../face/record.ts";
import { shareAlike } from "./alike_names.ts";
import type { Cells } from "../files/tables/cells.ts";
import { checkImageCell, isImageHeading } from "../image/image_name.ts";
import { grown, mix32, NameTable } from "../files/tables/name_table.ts";
import { readTable, type TableOptions, type TableReader } from "../files/tables/text_table.ts";

/** Number of each split, in CelebA's partition file and in {@linkcode Partition}. */
const SPLIT_NUMBER: Readonly<Record<string, number>> = {
  "0": 0,
  "1": 1,
  "2": 2,
  train: 0,
  val: 1,
  valid: 1,
  validation: 1,
  test: 2,
} satisfies Record<Split, number> & Record<string, number>;

/** Headings of the column that holds the split, in lower case. */
const SPLIT_HEADINGS: ReadonlySet<string> = new Set(["partition", "split", "set"]);

/** Stands for a face of which nothing says to which split it belongs. */
const NOWHERE = 255;

/** The splits of a data set's faces. */
export interface Partition {
  /** Position in `SPLITS` for every face, beyond its end for one that has no split: u8 [faces]. */
  readonly splits: Uint8Array;
  /** Images that the file names and that are none of the faces. */
  readonly others: NameTable;
}

/**
 * Reads a partition file: the image and 0, 1 or 2 (or `train`, `validation`, `test`), separated by
 * blanks or commas, with or without column names (`partition` or `split`).
 *
 * @param names The data set's faces; images that are not among them are left out. A name may differ from a
 * face's in case or ending.
 * @throws {SyntaxError} With `path:line`, if a line is wrong or names a face again; with the path and
 * the first name, if it names none of the faces, or one so that several may be meant.
 */
export async function readPartition(
  path: string,
  names: NameTable,
  options: TableOptions = {},
): Promise<Partition> {
  const reader = new PartitionReader(names);
  await readTable(path, reader, options);
  const partition = reader.shared(path);
  if (partition.splits.some((split) => split !== NOWHERE)) return partition;
  throw new SyntaxError(
    `${path}: no split is given for ${names.name(0)}, nor for any other labelled image: ` +
      "is it another data set's?",
  );
}

/**
 * Draws splits from a seed: 80 % train, 10 % validation, 10 % test, as a hash of the seed and the
 * image's name decides. A face stays where it is when others are added, left out or reordered.
 *
 * @param seed A whole number.
 * @throws {RangeError} If it is not.
 */
export function drawPartition(names: NameTable, seed: number): Partition {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot draw splits: the seed must be a whole number, it is ${seed}.`);
  }
  const salt = mix32(seed | 0) ^ mix32(Math.floor(seed / 2 ** 32) + 1);
  const splits = new Uint8Array(names.size);
  for (let face = 0; face < splits.length; face++) {
    const share = mix32(names.hash(face) ^ salt) / 2 ** 32;
    splits[face] = share < 0.8 ? 0 : share < 0.9 ? 1 : 2;
  }
  return { splits, others: new NameTable() };
}

class PartitionReader implements TableReader {
  readonly #splits: Uint8Array;
  readonly #others = new NameTable();
  /** The splits of the others. */
  #otherSplits = new Uint8Array(1 << 9);
  readonly #names: NameTable;
  #image = 0;
  #split = 1;
  #width = 2;

  constructor(names: NameTable) {
    this.#names = names;
    this.#splits = new Uint8Array(names.size).fill(NOWHERE);
  }

  header(cells: readonly string[], table: Cells): boolean {
    if (cells.length === 2 && splitNumber(cells[1] as string) !== undefined) return false;
    this.#width = cells.length;
    this.#split = cells.findIndex((cell) => SPLIT_HEADINGS.has(cell.toLowerCase()));
    if (this.#split < 0) {
      throw table.fail("an image and its split are needed, or a column called partition or split.");
    }
    const named = cells.findIndex(isImageHeading);
    this.#image = named >= 0 ? named : cells.findIndex((_, at) => at !== this.#split);
    if (this.#image < 0) throw table.fail("a column with the names of the images is needed.");
    return true;
  }

  row(cells: Cells): void {
    let [face, other] = [-1, -1];
    let split = NOWHERE;
    for (let at = 0; at < this.#width; at++) {
      if (!cells.next()) throw cells.fail(`the row has ${at} cells, not ${this.#width}.`);
      if (at === this.#image) {
        checkImageCell(cells);
        const { bytes, start, stop } = cells;
        face = this.#names.find(bytes, start, stop);
        if (face < 0) other = this.#others.add(bytes, start, stop);
      } else if (at === this.#split) {
        split = readSplit(cells);
      }
    }
    if (cells.next()) throw cells.fail(`the row has more than ${this.#width} cells.`);
    if (other >= 0) {
      if (other === this.#otherSplits.length) {
        this.#otherSplits = grown(this.#otherSplits, Uint8Array, other + 1);
      }
      this.#otherSplits[other] = split;
    }
    if (face < 0) return;
    if (this.#splits[face] !== NOWHERE) {
      throw cells.fail(`${this.#names.name(face)} has a row further up already.`);
    }
    this.#splits[face] = split;
  }

  /** The partition, once all rows are read: faces without a row of their own name get that of one alike. */
  shared(path: string): Partition {
    const [names, own, splits] = [this.#names, this.#others, this.#splits];
    if (own.size === 0 || !splits.includes(NOWHERE)) return { splits, others: own };
    const found = Array.from({ length: own.size }, (_, at) => own.name(at));
    const exact = splits.map((split) => Number(split !== NOWHERE));
    const { files, others } = shareAlike(
      found,
      exact,
      names,
      (named, held) =>
        new SyntaxError(`${path}: it names ${held} in place of ${named}: which is meant?`),
    );
    if (files.size === 0) return { splits, others: own };
    for (const [face, name] of files) splits[face] = this.#otherSplits[own.indexOf(name)]!;
    const left = new NameTable();
    for (const name of others) left.addName(name);
    return { splits, others: left };
  }
}

function splitNumber(text: string): number | undefined {
  const key = text.toLowerCase();
  return Object.hasOwn(SPLIT_NUMBER, key) ? SPLIT_NUMBER[key] : undefined;
}

function readSplit(cells: Cells): number {
  const digit = (cells.bytes[cells.start] as number) - 48;
  if (cells.stop - cells.start === 1 && digit >= 0 && digit <= 2) return digit;
  const split = splitNumber(cells.text());
  if (split !== undefined) return split;
  throw cells.fail(
    `0 (train), 1 (validation) or 2 (test) is needed, found ${quoted(cells.text())}.`,
  );
}
