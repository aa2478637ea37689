/**
 * Ways in which a file is damaged or forged, each a small change to its bytes.
 *
 * @module
 */

import type { Random } from "../../../pipeline/random.ts";

/** A change; it may return the bytes it was given, changed in place. */
export type Mutation = (bytes: Uint8Array<ArrayBuffer>, random: Random) => Uint8Array<ArrayBuffer>;

/** Mutations by their names, which reports show. */
export type Mutations = Readonly<Record<string, Mutation>>;

/** Longest stretch that is copied, dropped or filled, in bytes. */
const STRETCH = 400;

/** Whole numbers that counts and lengths trip over. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Changes that any file can suffer. */
export const BYTE_MUTATIONS: Mutations = {
  "bits flipped": (bytes, random) => {
    for (let n = 1 + random.integer(8); n > 0 && bytes.length > 0; n--) {
      bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
    }
    return bytes;
  },
  "stretch filled": (bytes, random) => {
    const [from, to] = stretchOf(bytes, random);
    return bytes.fill([0, 0xff, random.integer(256)][random.integer(3)]!, from, to);
  },
  "stretch of noise": (bytes, random) => {
    const [from, to] = stretchOf(bytes, random);
    for (let at = from; at < to; at++) bytes[at] = random.integer(256);
    return bytes;
  },
  "cut short": (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  "stretch dropped": (bytes, random) => replace(bytes, stretchOf(bytes, random), new Uint8Array()),
  "stretch doubled": (bytes, random) => {
    const [from, to] = stretchOf(bytes, random);
    return replace(bytes, [to, to], bytes.slice(from, to));
  },
  "stretch moved": (bytes, random) => {
    const [from, to] = stretchOf(bytes, random);
    const rest = replace(bytes, [from, to], new Uint8Array());
    const at = random.integer(rest.length + 1);
    return replace(rest, [at, at], bytes.slice(from, to));
  },
  "edge number": (bytes, random) => {
    const width = [1, 2, 4, 8][random.integer(4)]!;
    if (bytes.length < width) return bytes;
    // Sizes and counts stand in headers more often than elsewhere.
    const room = (random.next() < 0.5 ? Math.min(64, bytes.length) : bytes.length) - width;
    const view = new DataView(bytes.buffer, bytes.byteOffset + random.integer(room + 1), width);
    const value = EDGES[random.integer(EDGES.length)]!;
    const isLittle = random.next() < 0.5;
    if (width === 1) view.setUint8(0, value);
    else if (width === 2) view.setUint16(0, value, isLittle);
    else if (width === 4) view.setUint32(0, value, isLittle);
    else view.setBigUint64(0, BigInt(value) << BigInt(32 * random.integer(2)), isLittle);
    return bytes;
  },
  "garbage behind": (bytes, random) =>
    replace(bytes, [bytes.length, bytes.length], noise(1 + random.integer(STRETCH), random)),
  "garbage in front": (bytes, random) =>
    replace(bytes, [0, 0], noise(1 + random.integer(16), random)),
};

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

/** Deeper than recursion over a value goes, in places where one may stand. */
const DEPTH = 5000;

/** Changes to JSON, beside those to its text. */
export const JSON_MUTATIONS: Mutations = {
  "deep nesting": (bytes, random) => {
    const open = ["[", '{"a":', '[{"":'][random.integer(3)]!;
    return replaceToken(bytes, random, /-?\d+(?:\.\d+)?|null|true|false/g, [open.repeat(DEPTH)]);
  },
  "deep and closed": (bytes, random) =>
    replaceToken(bytes, random, /-?\d+(?:\.\d+)?|null/g, ["[".repeat(DEPTH) + "]".repeat(DEPTH)]),
  "value replaced": (bytes, random) => {
    // One object a line, or one over all lines.
    const text = new TextDecoder().decode(bytes);
    const lines = isJson(text) ? [text] : text.split("\n");
    const at = random.integer(lines.length);
    if (isJson(lines[at]!)) {
      lines[at] = JSON.stringify(withOtherValue(JSON.parse(lines[at]!), random));
    }
    return encodeText(lines.join("\n"));
  },
};

/** Changes to XML, beside those to its text. */
export const XML_MUTATIONS: Mutations = {
  "entity bomb": (bytes) => {
    const laughs = Array.from(
      { length: 10 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    const type = `<!DOCTYPE dataset [<!ENTITY l0 "ha">${laughs.join("")}]>`;
    return encodeText(
      new TextDecoder().decode(bytes).replace("<dataset>", `${type}<dataset>&l10;`),
    );
  },
  "file entity": (bytes) =>
    encodeText(
      new TextDecoder().decode(bytes).replace(
        /<dataset>/,
        '<!DOCTYPE dataset [<!ENTITY f SYSTEM "file:///etc/passwd">]><dataset>&f;',
      ),
    ),
  "deep nesting": (bytes, random) => insert(bytes, random, encodeText("<a>".repeat(DEPTH))),
  "many attributes": (bytes, random) => {
    const attributes = Array.from({ length: 5000 }, (_, i) => ` a${i}='1'`).join("");
    return replaceToken(bytes, random, /<(?:box|part|image)/g, [`<part${attributes}`]);
  },
};

/** The same value with one of its parts replaced, dropped or called `__proto__`. */
export function withOtherValue(value: unknown, random: Random): unknown {
  const places = placesIn(value);
  if (places.length === 0) return otherFor(value, random);
  const [holder, key] = places[random.integer(places.length)]!;
  const action = random.integer(8);
  if (action === 0) delete holder[key];
  else if (action === 1) {
    Object.defineProperty(holder, "__proto__", { value: holder[key], enumerable: true });
  } else holder[key] = otherFor(holder[key], random);
  return value;
}

function otherFor(value: unknown, random: Random): unknown {
  const others = [
    ...[null, true, "", "x", "__proto__", [], {}, [[]], [null], { length: 1e9 }],
    ...[0, -1, 1.5, 1e308, 2 ** 31, 2 ** 53, 1e9, "1e309", "NaN", "9".repeat(400)],
    ...[value, [value], { value }, typeof value],
  ];
  return others[random.integer(others.length)];
}

/** Every part of a value with what holds it. */
function placesIn(value: unknown, depth = 0): [holder: Record<string, unknown>, key: string][] {
  if (typeof value !== "object" || value === null || depth > 20) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [
    [holder, key] as [Record<string, unknown>, string],
    ...placesIn(holder[key], depth + 1),
  ]);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function stretchOf(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.integer(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.integer(STRETCH))];
}

function replace(
  bytes: Uint8Array<ArrayBuffer>,
  [from, to]: readonly [number, number],
  by: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - (to - from) + by.length);
  result.set(bytes.subarray(0, from));
  result.set(by, from);
  result.set(bytes.subarray(to), from + by.length);
  return result;
}

function insert(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  piece: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const at = random.integer(bytes.length + 1);
  return replace(bytes, [at, at], piece);
}

/** Puts one of `others` in place of one of the tokens that fit. */
function replaceToken(
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

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
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

function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
