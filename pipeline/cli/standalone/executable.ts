/**
 * Linux executables that carry more than they were built with: words that they find in their command line
 * whenever they start, and a payload behind all.
 *
 * Nothing of the executable moves. Its note, which says who built it and which nothing reads to run it,
 * gives up its place in the list of segments to one for {@linkcode startCode}.
 */

import { readLayout } from "./elf.ts";
import { type AddedWords, startCode } from "./start_code.ts";

/** A segment that is loaded, and may be read and executed. */
const LOAD = 1, READ_EXECUTE = 5;

/**
 * The executable with the payload and the words.
 *
 * @param words What it starts with; they are told at which byte of the file the payload begins, in as many
 * digits for any number.
 * @throws {SyntaxError} If the file is no executable of a kind that this is possible for.
 */
export function joinExecutable(
  executable: Uint8Array,
  payload: Uint8Array,
  words: (payloadAt: string) => AddedWords,
): Uint8Array<ArrayBuffer> {
  const layout = readLayout(executable);
  const { align, note } = layout;
  const codeAt = roundUp(executable.length, align);
  const address = roundUp(layout.end, align);
  const codeFor = (payloadAt: number) => startCode(layout, words(digits(payloadAt)), address);
  const payloadAt = codeAt + codeFor(0).length;
  const code = codeFor(payloadAt);

  const joined = new Uint8Array(payloadAt + payload.length);
  joined.set(executable);
  joined.set(code, codeAt);
  joined.set(payload, payloadAt);
  const view = new DataView(joined.buffer);
  const setNumber = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  setNumber(24, address); // Where the executable begins.
  view.setUint32(note, LOAD, true);
  view.setUint32(note + 4, READ_EXECUTE, true);
  // Offset, address twice, size in the file and in memory, alignment.
  [codeAt, address, address, code.length, code.length, align]
    .forEach((value, index) => setNumber(note + 8 * (index + 1), value));
  return joined;
}

/** The words are as long for one number as for another. */
function digits(value: number): string {
  return String(value).padStart(15, "0");
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
