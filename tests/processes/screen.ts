/**
 * What stands on a terminal after a program has written to it: the few things that a program may ask of one
 * here, and an error for all others.
 */

import { textWidth } from "../../pipeline/cli/terminal/text_width.ts";

interface Row {
  readonly cells: string[];
  /** Whether the row before it was full. */
  readonly goesOn: boolean;
}

const ESC = String.fromCharCode(27);

/** ESC [ numbers letter, or one letter. */
const TOKEN = new RegExp(`${ESC}\\[([\\d;]*)([A-Za-z])|[^]`, "gu");

/** A terminal that is as high as it needs to be. */
export class Screen {
  readonly #columns: number;
  readonly #rows: Row[] = [{ cells: [], goesOn: false }];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** @throws {Error} If the text holds what no part of the program should write. */
  write(text: string): void {
    for (const [token, numbers = "", command] of text.matchAll(TOKEN)) {
      if (command !== undefined) this.#obey(numbers, command);
      else if (token === "\r") this.#column = 0;
      else if (token === "\n") this.#goTo(this.#row + 1, this.#column, false);
      else if (token < " " || token === "\x7f") throw unknown(token);
      else this.#print(token);
    }
  }

  /** The lines from top to bottom, each as it was before the terminal broke it. */
  get lines(): string[] {
    const lines: string[] = [];
    for (const { cells, goesOn } of this.#rows) {
      const text = Array.from(cells, (cell = " ") => cell).join("");
      if (goesOn) lines.push(lines.pop() + text);
      else lines.push(text);
    }
    return lines.map((line) => line.trimEnd());
  }

  #obey(numbers: string, command: string): void {
    // Colours change no letter.
    if (command === "m") return;
    if (command !== "K" || !/^0?$/.test(numbers)) throw unknown(`ESC [${numbers}${command}`);
    this.#rows[this.#row]!.cells.length = Math.min(
      this.#column,
      this.#rows[this.#row]!.cells.length,
    );
  }

  /** A line that is full breaks only when the next letter comes. */
  #print(letter: string): void {
    const width = textWidth(letter);
    if (width === 0) {
      const { cells } = this.#rows[this.#row]!;
      cells[this.#column - 1] = (cells[this.#column - 1] ?? "") + letter;
      return;
    }
    if (this.#column + width > this.#columns) this.#goTo(this.#row + 1, 0, true);
    const { cells } = this.#rows[this.#row]!;
    cells[this.#column] = letter;
    for (let beside = 1; beside < width; beside++) cells[this.#column + beside] = "";
    this.#column += width;
  }

  #goTo(row: number, column: number, goesOn: boolean): void {
    this.#row = row;
    this.#column = column;
    if (row === this.#rows.length) this.#rows.push({ cells: [], goesOn });
  }
}

function unknown(what: string): Error {
  return new Error(`Nothing here should write ${JSON.stringify(what)} to a terminal`);
}
