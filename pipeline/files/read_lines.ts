/** Lines of text from a stream of bytes. */

import { concat } from "@std/bytes";

/** Longest line in bytes, which bounds the memory; records take 2 KB. */
const LONGEST_LINE = 1 << 20;

const LINE_FEED = 10;

/** A line without its line feed, and its number, the first being 1. */
interface Line {
  readonly line: number;
  readonly text: string;
}

/**
 * The lines of a stream, decoded, a byte order mark dropped. Holds one line and the chunk that has
 * arrived last, no more.
 *
 * @param name What error messages call the stream.
 * @throws {SyntaxError} With `name:line`, if a line is longer than 1 MiB or is not UTF-8.
 */
export async function* readLines(
  readable: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Line> {
  const open = new OpenLine(name);
  for await (const chunk of readable) {
    for (let start = 0; start < chunk.length;) {
      const feed = chunk.indexOf(LINE_FEED, start);
      const stop = feed < 0 ? chunk.length : feed;
      open.append(chunk.subarray(start, stop));
      if (feed >= 0) yield open.take();
      start = stop + 1;
    }
  }
  if (open.length > 0) yield open.take();
}

/** The line that is still arriving. */
class OpenLine {
  length = 0;
  readonly #name: string;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #pieces: Uint8Array[] = [];
  #line = 1;

  constructor(name: string) {
    this.#name = name;
  }

  append(piece: Uint8Array): void {
    this.length += piece.length;
    if (this.length > LONGEST_LINE) throw this.#fail(`is longer than ${LONGEST_LINE} bytes`);
    this.#pieces.push(piece);
  }

  take(): Line {
    const taken = { line: this.#line, text: this.#decode() };
    this.#pieces = [];
    this.length = 0;
    this.#line++;
    return taken;
  }

  #decode(): string {
    const [first] = this.#pieces;
    try {
      return this.#utf8.decode(this.#pieces.length > 1 ? concat(this.#pieces) : first);
    } catch (cause) {
      throw this.#fail("is not UTF-8", cause);
    }
  }

  #fail(problem: string, cause?: unknown): SyntaxError {
    return new SyntaxError(`${this.#name}:${this.#line}: the line ${problem}.`, { cause });
  }
}
