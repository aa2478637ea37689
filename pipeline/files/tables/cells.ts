/** The cells of a line of text, as bytes. */

import { parseDecimal } from "./decimal.ts";

/** Separator that stands for any run of blanks and tabs. */
export const BLANKS = 32;

const QUOTE = 34;
const TAB = 9;
const MINUS = 45;
const ZERO = 48;

const UTF8 = new TextDecoder();

/**
 * The cells of the current line, one after the other. A cell is the bytes from `start` up to `stop`
 * in `bytes`, which hold it only until the next line is read.
 */
export class Cells {
  /** The file, as error messages name it. */
  readonly path: string;
  /** Number of the current line, the first being 1. */
  line = 0;
  /** What lies between two cells: a byte, {@linkcode BLANKS} standing for any run of blanks. */
  separator: number = BLANKS;
  /** Holds the current cell: the line, or an unquoted copy of the cell. */
  bytes: Uint8Array = new Uint8Array();
  /** Where the current cell begins in `bytes`. */
  start = 0;
  stop = 0;
  #line: Uint8Array = new Uint8Array();
  #lineStart = 0;
  #at = 0;
  #end = 0;
  #another = false;

  /** Cells of the file that error messages call `path`. */
  constructor(path: string) {
    this.path = path;
  }

  /** Begins a line, which is trimmed and not empty. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = this.#line = bytes;
    this.#end = end;
    this.#lineStart = start;
    this.rewind();
  }

  /** Goes back to before the line's first cell. */
  rewind(): void {
    this.#at = this.#lineStart;
    this.#another = true;
  }

  lineBytes(): Uint8Array {
    return this.#line.subarray(this.#lineStart, this.#end);
  }

  /** Moves on to the next cell, if there is one. */
  next(): boolean {
    if (!this.#another) return false;
    const { separator } = this;
    const bytes = this.bytes = this.#line;
    const end = this.#end;
    let at = this.#at;
    while (at < end && isBlank(bytes[at] as number)) at++;
    if (bytes[at] === QUOTE && at < end) return this.#quoted(at + 1);
    this.start = at;
    if (separator === BLANKS) {
      while (at < end && !isBlank(bytes[at] as number)) at++;
      this.stop = at;
      this.#at = at;
      this.#another = at < end;
    } else {
      while (at < end && bytes[at] !== separator) at++;
      this.#at = at + 1;
      this.#another = at < end;
      while (at > this.start && isBlank(bytes[at - 1] as number)) at--;
      this.stop = at;
    }
    return true;
  }

  /**
   * Moves on to the next cell if it is plainly 1, 0 or −1: the bulk of a label file, without the
   * steps that other cells need.
   *
   * @returns 1 for 1, 0 for 0 and −1, and −1 for anything else, which `next()` then moves on to.
   */
  nextFlag(): number {
    const { separator } = this;
    const bytes = this.#line;
    const end = this.#end;
    let at = this.#at;
    while (at < end && isBlank(bytes[at] as number)) at++;
    const minus = bytes[at] === MINUS;
    if (minus) at++;
    const flag = (bytes[at] as number) - ZERO;
    if (at >= end || (flag !== 1 && (flag !== 0 || minus))) return -1;
    at++;
    if (at < end && bytes[at] !== separator) return -1;
    this.#another = at < end;
    this.#at = at + 1;
    return minus ? 0 : flag;
  }

  /** The current cell as text. */
  text(): string {
    return UTF8.decode(this.bytes.subarray(this.start, this.stop));
  }

  /** The number in the current cell: see {@linkcode parseDecimal}. */
  number(): number {
    return parseDecimal(this.bytes, this.start, this.stop);
  }

  /** The line's remaining cells as text. */
  texts(): string[] {
    const texts: string[] = [];
    while (this.next()) texts.push(this.text());
    return texts;
  }

  /** An error about the current line. */
  fail(message: string): SyntaxError {
    return new SyntaxError(`${this.path}:${this.line}: ${message}`);
  }

  /** A cell whose opening quote lies before `start`; two quotes within it stand for one. */
  #quoted(start: number): true {
    const { separator } = this;
    const bytes = this.#line;
    const end = this.#end;
    let doubled = 0;
    let stop = bytes.indexOf(QUOTE, start);
    for (; stop >= 0 && stop + 1 < end && bytes[stop + 1] === QUOTE; doubled++) {
      stop = bytes.indexOf(QUOTE, stop + 2);
    }
    if (stop < 0 || stop >= end) throw this.fail("a quote is opened and not closed on this line.");
    let at = stop + 1;
    while (at < end && isBlank(bytes[at] as number)) at++;
    if (at < end && (separator === BLANKS ? at === stop + 1 : bytes[at] !== separator)) {
      throw this.fail("a quote stands inside a cell.");
    }
    this.start = start;
    this.stop = stop;
    if (doubled > 0) this.#undouble(stop - start - doubled);
    this.#at = separator === BLANKS ? at : at + 1;
    this.#another = at < end;
    return true;
  }

  /** Makes the current cell a copy in which single quotes stand for doubled ones. */
  #undouble(length: number): void {
    const cell = new Uint8Array(length);
    for (let from = this.start, to = 0; from < this.stop; from++) {
      const byte = cell[to++] = this.#line[from] as number;
      if (byte === QUOTE) from++;
    }
    [this.bytes, this.start, this.stop] = [cell, 0, length];
  }
}

function isBlank(byte: number): boolean {
  return byte === BLANKS || byte === TAB;
}
