/**
 * Text tables as CelebA and its mirrors ship them, read as bytes: no string is made for a cell.
 *
 * A table may begin with a line that holds nothing but the number of its rows, then with a line of
 * column names. Cells are separated by runs of blanks, or by commas or semicolons (the first line
 * says which); lines end in LF or CRLF, the last one also in nothing. A cell may stand in quotes, and one
 * within it is doubled then; it may hold no end of a line.
 */

import { BLANKS, Cells } from "./cells.ts";

const LINE_FEED = 10;
const COMMA = 44;
const SEMICOLON = 59;

/** How much of the file is held at a time, and so the longest line that can be read. */
const BUFFER_BYTES = 1 << 18;

/** What reads a table: told of the column names first, if there are any, then of every row. */
export interface TableReader {
  /**
   * Looks at the first line that is not the number of rows.
   *
   * @param cells The line's cells.
   * @param table For the error if they cannot be right.
   * @returns Whether they are column names; if not, the line is handed to `row` too.
   */
  header(cells: readonly string[], table: Cells): boolean;
  /** Takes the cells of one row from `cells`, with `cells.next()`. */
  row(cells: Cells): void;
}

/** What readers of tables can be told. */
export interface TableOptions {
  /** Stops the reading; the reader then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the number of rows read so far. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/**
 * Reads a whole table.
 *
 * @returns The number of rows.
 * @throws {SyntaxError} As of {@linkcode tableParts}, and if there is no row.
 */
export async function readTable(
  path: string,
  reader: TableReader,
  options: TableOptions = {},
): Promise<number> {
  let rows = 0;
  const cells = new Cells(path);
  for await (rows of partsOf(cells, reader, options.signal)) options.onRows?.(rows);
  if (rows > 0) return rows;
  cells.line = Math.max(cells.line, 1);
  throw cells.fail("the file ends before its first row.");
}

/**
 * Reads a table that may have no rows part by part, of some hundred rows each. Yields how many rows were handed
 * to the reader so far.
 *
 * @throws {SyntaxError} With `path:line`, if the number of rows in the first line is not the number
 * of rows that follow, if the file is no text, or if the reader refuses a line.
 */
export function tableParts(
  path: string,
  reader: TableReader,
  signal?: AbortSignal,
): AsyncGenerator<number> {
  return partsOf(new Cells(path), reader, signal);
}

async function* partsOf(
  cells: Cells,
  reader: TableReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<number> {
  const table = new Table(cells, reader);
  for await (const _ of visitLines(cells, signal, () => table.line())) yield table.rows;
  table.finish();
}

/** The state of reading a table. */
class Table {
  readonly #cells: Cells;
  readonly #reader: TableReader;
  #promised: { readonly line: number; readonly rows: number } | null = null;
  #begun = false;
  /** How many rows there were. */
  rows = 0;

  constructor(cells: Cells, reader: TableReader) {
    this.#cells = cells;
    this.#reader = reader;
  }

  line(): void {
    if (!this.#begun && this.#isBeforeRows()) return;
    this.#reader.row(this.#cells);
    this.rows++;
  }

  finish(): void {
    const promised = this.#promised;
    if (promised === null || promised.rows === this.rows) return;
    this.#cells.line = promised.line;
    throw this.#cells.fail(
      `the file says that it has ${promised.rows} rows, but it has ${this.rows}.`,
    );
  }

  /** Takes the number of rows and the column names, if the line is one of the two. */
  #isBeforeRows(): boolean {
    const cells = this.#cells;
    cells.separator = separatorOf(cells);
    const texts = cells.texts();
    if (this.#promised === null && texts.length === 1 && /^\d{1,15}$/.test(texts[0] as string)) {
      this.#promised = { line: cells.line, rows: Number(texts[0]) };
      return true;
    }
    this.#begun = true;
    if (this.#reader.header(texts, cells)) return true;
    cells.rewind();
    return false;
  }
}

/** What separates the cells of the line, judged by what the line holds. */
function separatorOf(cells: Cells): number {
  const line = cells.lineBytes();
  return [COMMA, SEMICOLON].find((separator) => line.includes(separator)) ?? BLANKS;
}

/**
 * Puts `cells` at the beginning of every line that is not blank and calls `visit`. Yields after the lines of
 * each piece of the file.
 */
async function* visitLines(
  cells: Cells,
  signal: AbortSignal | undefined,
  visit: () => void,
): AsyncGenerator<void> {
  using file = await Deno.open(cells.path);
  const buffer = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  for (let ended = false; !ended;) {
    signal?.throwIfAborted();
    const read = await file.read(buffer.subarray(filled));
    ended = read === null;
    const fresh = filled;
    filled += read ?? 0;
    if (cells.line === 0) refuseBinary(cells, buffer.subarray(0, filled));
    let start = cells.line === 0 && hasByteOrderMark(buffer, filled) ? 3 : 0;
    let search = Math.max(start, fresh);
    while (start < filled) {
      const feed = buffer.indexOf(LINE_FEED, search);
      const end = feed < 0 || feed >= filled ? filled : feed;
      if (end === filled && !ended) break;
      cells.line++;
      visitLine(cells, buffer, start, end, visit);
      start = search = end + 1;
    }
    if (start === 0 && filled === BUFFER_BYTES) throw tooLong(cells);
    buffer.copyWithin(0, start, filled);
    filled = Math.max(0, filled - start);
    yield;
  }
}

/** Hands over the line in buffer[start..end) without the blanks around it, unless it has nothing else. */
function visitLine(
  cells: Cells,
  buffer: Uint8Array,
  start: number,
  end: number,
  visit: () => void,
): void {
  while (end > start && isSpace(buffer[end - 1] as number)) end--;
  while (start < end && isSpace(buffer[start] as number)) start++;
  if (start === end) return;
  cells.begin(buffer, start, end);
  visit();
}

/** Blank, tab or carriage return. */
function isSpace(byte: number): boolean {
  return byte === BLANKS || byte === 9 || byte === 13;
}

function hasByteOrderMark(buffer: Uint8Array, filled: number): boolean {
  return filled >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
}

/** Text in UTF-8 has no zero byte; archives, images and UTF-16 do. */
function refuseBinary(cells: Cells, head: Uint8Array): void {
  if (!head.includes(0)) return;
  cells.line = 1;
  throw cells.fail("this is not a text file in UTF-8.");
}

function tooLong(cells: Cells): SyntaxError {
  cells.line++;
  return cells.fail(`the line is longer than ${BUFFER_BYTES} bytes (is this the right file?).`);
}
