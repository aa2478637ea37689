/**
 * Label files: which of the 40 attributes each image shows.
 *
 * CelebA's own `list_attr_celeba.txt` (number of rows, names, then rows padded with blanks), its csv
 * mirrors (`image_id` first), AttParseNet's csv (`image_name`), and csv files of other sets with the
 * same 40 columns in any order and case, and maybe others beside them.
 */

import { attributeColumn, ATTRIBUTES } from "../face/attributes.ts";
import { quoted } from "../files/quoted.ts";
import { BLANKS, type Cells } from "../files/tables/cells.ts";
import { checkImageCell, isImageHeading, isRowNumberHeading } from "../image/image_name.ts";
import { grown, NameTable } from "../files/tables/name_table.ts";
import { readTable, type TableOptions, type TableReader } from "../files/tables/text_table.ts";

/** The labels of a file, held compactly. */
export interface LabelTable {
  /** The file that was read. */
  readonly path: string;
  /** The images, in the file's order. */
  readonly names: NameTable;
  /** 40 label bits for each name: f64 [names.size] (see `attributes.ts`). */
  readonly labels: Float64Array;
  /** Names of the columns that hold neither the image nor an attribute, as the file spells them. */
  readonly ignored: readonly string[];
}

/**
 * Reads a label file of any of the known forms. 1 means that an attribute is present, 0 and −1 that
 * it is not.
 *
 * @throws {SyntaxError} With `path:line`: if the column names are not the 40 attributes in some order (and,
 * where one of them is known to stand for the image, any others),
 * a row has too few or too many cells, a label is no label, an image is named twice or its name is
 * refused, or the number of rows is not the one that the file gives.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function readLabels(
  path: string,
  options: TableOptions = {},
): Promise<LabelTable> {
  const reader = new LabelReader();
  const rows = await readTable(path, reader, options);
  return {
    path,
    names: reader.names,
    labels: reader.labels.subarray(0, rows),
    ignored: reader.ignored,
  };
}

const NAME = -1;
const SKIP = -2;

const ZERO = 48;
const ONE = 49;
const MINUS = 45;

class LabelReader implements TableReader {
  readonly names = new NameTable();
  labels = new Float64Array(1 << 9);
  ignored: string[] = [];
  /** For every column of the file the attribute it holds, or NAME, or SKIP. */
  #columns = new Int8Array();
  /** For every column of the file what a 1 in it adds to the labels. */
  #weights = new Float64Array();

  header(cells: readonly string[], table: Cells): boolean {
    const columns = labelColumns(cells, table);
    this.ignored = cells.filter((cell, at) => columns[at] === SKIP && !isRowNumberHeading(cell));
    this.#columns = Int8Array.from(columns);
    this.#weights = Float64Array.from(columns, (column) => column >= 0 ? 2 ** column : 0);
    return true;
  }

  row(cells: Cells): void {
    const columns = this.#columns;
    const weights = this.#weights;
    let labels = 0;
    let index = -1;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] as number;
      if (column >= 0) {
        const flag = cells.nextFlag();
        if (flag >= 0) {
          if (flag === 1) labels += weights[at] as number;
          continue;
        }
      }
      if (!cells.next()) throw wrongWidth(cells, at, columns.length);
      if (column >= 0) {
        if (isPresent(cells, column)) labels += weights[at] as number;
      } else if (column === NAME) {
        index = this.#add(cells);
      }
    }
    if (cells.next()) {
      throw wrongWidth(cells, columns.length + 1 + cells.texts().length, columns.length);
    }
    if (index === this.labels.length) this.labels = grown(this.labels, Float64Array, index + 1);
    this.labels[index] = labels;
  }

  #add(cells: Cells): number {
    checkImageCell(cells);
    const index = this.names.add(cells.bytes, cells.start, cells.stop);
    if (index < 0) throw cells.fail(`${cells.text()} has a row further up already.`);
    return index;
  }
}

/** Whether the current cell, a label of attribute `column`, is 1 and not 0 or −1. */
function isPresent(cells: Cells, column: number): boolean {
  const { bytes, start, stop } = cells;
  const first = bytes[start];
  if (stop - start === 1) {
    if (first === ONE) return true;
    if (first === ZERO) return false;
  } else if (stop - start === 2 && first === MINUS && bytes[start + 1] === ONE) {
    return false;
  }
  const found = stop === start ? "nothing" : quoted(cells.text());
  throw cells.fail(`1, 0 or -1 is needed for ${ATTRIBUTES[column]}, found ${found}.`);
}

function wrongWidth(cells: Cells, found: number, needed: number): SyntaxError {
  const others = needed - 1 - ATTRIBUTES.length;
  return cells.fail(
    `the row has ${found} cells where ${needed} are needed ` +
      `(the image and ${ATTRIBUTES.length} labels${others === 0 ? "" : `, and ${others} more`}).`,
  );
}

/** What each column of the rows holds, from the line of column names. */
function labelColumns(cells: readonly string[], table: Cells): number[] {
  if (cells.some((cell) => /^-?\d+$/.test(cell))) {
    throw table.fail("the 40 attribute names are needed above the first row of labels.");
  }
  const image = imageColumn(cells, table);
  const columns = cells.map((cell, at) => {
    if (at === image) return NAME;
    if (at === 0 && isRowNumberHeading(cell)) return SKIP;
    return columnOf(cell) ?? NaN;
  });
  checkAttributes(cells, columns, table);
  const known = columns.map((column) => Number.isNaN(column) ? SKIP : column);
  // CelebA's own file names the 40 attributes, but not the image that the rows begin with.
  return image < 0 ? [NAME, ...known] : known;
}

/** The attribute that a column name stands for. */
function columnOf(heading: string): number | undefined {
  return attributeColumn(heading.replaceAll(" ", "_"));
}

/** Which column name stands for the image, or −1 if the names begin after it. */
function imageColumn(cells: readonly string[], table: Cells): number {
  const named = cells.findIndex(isImageHeading);
  if (named >= 0) return named;
  return columnOf(cells[0] as string) !== undefined || table.separator === BLANKS ? -1 : 0;
}

function checkAttributes(cells: readonly string[], columns: number[], table: Cells): void {
  const absent = ATTRIBUTES.filter((_, column) => !columns.includes(column));
  const missing = absent.length === 0
    ? ""
    : ` ${ATTRIBUTES.length - absent.length} of the 40 attributes are there, ` +
      `${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} missing.`;
  const images = cells.filter(isImageHeading);
  if (images.length > 1) {
    throw table.fail(`${images.map(quoted).join(" and ")} may each hold the image: only one can.`);
  }
  const unknown = columns.findIndex(Number.isNaN);
  // Where no name is known to stand for the image, an unknown one may do so.
  if (unknown >= 0 && (missing !== "" || images.length === 0)) {
    throw table.fail(`there is no attribute ${quoted(cells[unknown] as string)}.${missing}`);
  }
  const twice = columns.find((column, at) => column >= 0 && columns.indexOf(column) < at);
  if (twice !== undefined) {
    throw table.fail(`the attribute ${ATTRIBUTES[twice]} has two columns.${missing}`);
  }
  if (missing !== "") throw table.fail(missing.trim());
}
