/**
 * Points of one face as 300-W and iBUG ship them:
 *
 * ```text
 * version: 1
 * n_points:  68
 * {
 * 446.000 91.000
 * …
 * }
 * ```
 *
 * or the 68 lines alone. The image is the one of the same name.
 *
 * Source: https://ibug.doc.ic.ac.uk/resources/300-W/
 */

import { readLines } from "../../files/read_lines.ts";
import { quoted } from "../../files/quoted.ts";
import { fault, type ImportedFace, type ImportOptions, numberIn } from "./imported_face.ts";

const POINTS = 68;

/**
 * Reads a .pts file.
 *
 * @param image What the image is called: the file does not say.
 * @throws {SyntaxError} With `path:line`, if there are not 68 points or a line is none.
 */
export async function readPts(
  path: string,
  image: string,
  { signal }: ImportOptions = {},
): Promise<ImportedFace> {
  const reader = new PtsReader(path);
  const file = await Deno.open(path);
  for await (const { line, text } of readLines(file.readable, path)) {
    signal?.throwIfAborted();
    reader.line(line, text.trim());
  }
  return { image, ...reader.finish() };
}

class PtsReader {
  readonly #path: string;
  readonly #points = new Float32Array(2 * POINTS);
  /** What the next line belongs to. */
  #part: "header" | "bare points" | "points in braces" | "end" = "header";
  #count = 0;
  #line = 1;
  #firstLine = 1;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes a line without the blanks around it. */
  line(line: number, text: string): void {
    this.#line = line;
    if (text === "") return;
    if (this.#part === "end") throw this.#fault(`after the } there is ${quoted(text)}`);
    if (this.#part === "header" && this.#isHeader(text)) return;
    if (this.#part === "points in braces" && text === "}") this.#part = "end";
    else this.#add(text);
  }

  finish(): Omit<ImportedFace, "image"> {
    if (this.#part === "points in braces") throw this.#fault("the file ends without a }");
    if (this.#count !== POINTS) {
      throw this.#fault(`68 points are needed, the file has ${this.#count}`);
    }
    const place = `${this.#path}:${this.#firstLine}`;
    return { points: this.#points, box: null, confidence: null, place };
  }

  /** Whether the line comes before the points. */
  #isHeader(text: string): boolean {
    if (text === "{") {
      this.#part = "points in braces";
      return true;
    }
    const [, key, value] = /^([a-z_]+)\s*:\s*(.*)$/i.exec(text) ?? [];
    if (key === undefined) {
      this.#part = "bare points";
      return false;
    }
    if (/^n_?points$/i.test(key) && Number(value) !== POINTS) {
      throw this.#fault(`68 points are needed, the file says ${quoted(text)}`);
    }
    return true;
  }

  #add(text: string): void {
    const numbers = text.split(/\s+/, 3).map(numberIn);
    if (numbers.length !== 2 || numbers.some(Number.isNaN)) {
      throw this.#fault(`x and y of a point are needed, found ${quoted(text)}`);
    }
    if (this.#count === POINTS) throw this.#fault("68 points are needed, the file has more");
    if (this.#count === 0) this.#firstLine = this.#line;
    this.#points.set(numbers, 2 * this.#count++);
  }

  #fault(problem: string): SyntaxError {
    return fault(`${this.#path}:${this.#line}`, problem);
  }
}
