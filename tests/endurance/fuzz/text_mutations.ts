/** Ways in which text is damaged or forged. */

import type { Random } from "../../../pipeline/numbers/random.ts";
import { insert, type Mutations, replace } from "./mutations.ts";

/** What a number may be replaced by. */
const NUMBERS = [
  ..."NaN Infinity -Infinity 1e309 -1e309 -0 1e-400 0x10 1e38 3.5e38 -1 0 1 2 137".split(" "),
  ..."1_000 1,5 ١٢ 9007199254740993 99999999999999999999 ++1 1e 1.2.3 null".split(" "),
  "9".repeat(400),
  "0." + "0".repeat(400) + "1",
  "",
];

/** What a word may be replaced by: names that lead elsewhere, and keys that objects have by themselves. */
const WORDS = [
  ..."../../../../etc/passwd /etc/passwd C:\\x.jpg ..\\..\\x.jpg . .. ./. a/../../b.jpg".split(" "),
  ..."__proto__ constructor toString hasOwnProperty valueOf length prototype".split(" "),
  "a\x1b[31mb.jpg",
  "\u202egpj.1",
  "x".repeat(70_000),
  "",
];

/** Changes to text. */
export const TEXT_MUTATIONS: Mutations = {
  "number replaced": (bytes, random) => replaceToken(bytes, random, /-?\d+(?:\.\d+)?/g, NUMBERS),
  "word replaced": (bytes, random) =>
    replaceToken(bytes, random, /[\w.\/-]*[a-z_][\w.\/-]*/gi, WORDS),
  "separator replaced": (bytes, random) =>
    replaceToken(bytes, random, /[,;: \t"'=<>{}[\]]/g, [..." ,;\t\"'|{}[]<>", ",,", "\n", ""]),
  "all separators replaced": (bytes, random) => {
    const [old, other] = [random.integer(4), random.integer(4)].map((n) => ",; \t".charCodeAt(n));
    return bytes.map((byte) => byte === old ? other! : byte);
  },
  "zero byte": (bytes, random) => insert(bytes, random, Uint8Array.of(0)),
  "byte order mark": (bytes, random) =>
    replace(
      bytes,
      [0, 0],
      [Uint8Array.of(0xef, 0xbb, 0xbf), Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xfe, 0xff)][
        random.integer(3)
      ]!,
    ),
  "byte order mark inside": (bytes, random) =>
    insert(bytes, random, Uint8Array.of(0xef, 0xbb, 0xbf)),
  "not UTF-8": (bytes, random) =>
    insert(
      bytes,
      random,
      [Uint8Array.of(0xff), Uint8Array.of(0xc0, 0xaf), Uint8Array.of(0xed, 0xa0, 0x80)][
        random.integer(3)
      ]!,
    ),
  "line ends changed": (bytes, random) => {
    const end = ["\r\n", "\r", "\n\n", "\u2028"][random.integer(4)]!;
    return encode(latin(bytes).replaceAll("\n", latin(encodeText(end))));
  },
  "line dropped": (bytes, random) => changeLines(bytes, random, () => []),
  "line doubled": (bytes, random) => changeLines(bytes, random, (line) => [line, line]),
  "line a thousand times": (bytes, random) =>
    changeLines(bytes, random, (line) => line.length > 2000 ? [line] : Array(1000).fill(line)),
  "line joined": (bytes, random) => changeLines(bytes, random, (line, next) => [line + next], 2),
  "lines swapped": (bytes, random) => changeLines(bytes, random, (line, next) => [next, line], 2),
  "quote": (bytes, random) =>
    insert(bytes, random, encodeText(['"', "'", '""', '\\"'][random.integer(4)]!)),
};

/** Puts one of `others` in place of one of the tokens that fit. */
export function replaceToken(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  token: RegExp,
  others: readonly string[],
): Uint8Array<ArrayBuffer> {
  const found = [...latin(bytes).matchAll(token)];
  if (found.length === 0) return bytes;
  const { 0: old, index } = found[random.integer(found.length)]!;
  const other = others[random.integer(others.length)]!;
  return replace(bytes, [index, index + old.length], encodeText(other));
}

/** Puts other lines in place of `count` lines. */
function changeLines(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  change: (line: string, next: string) => string[],
  count = 1,
): Uint8Array<ArrayBuffer> {
  const lines = latin(bytes).split("\n");
  const at = random.integer(lines.length);
  const [line = "", next = ""] = lines.slice(at, at + count);
  lines.splice(at, count, ...change(line, next));
  return encode(lines.join("\n"));
}

/** A character a byte, and back. */
function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => LATIN.get(character) ?? 0x3f);
}

/** TextDecoder's latin1 is windows-1252, whose upper half has other code points. */
const LATIN = new Map(
  Array.from({ length: 256 }, (_, byte) => [latin(Uint8Array.of(byte)), byte]),
);

/** In UTF-8. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
