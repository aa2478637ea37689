/** Ways in which a file is damaged or forged, each a small change to its bytes. */

import type { Random } from "../../../pipeline/numbers/random.ts";

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

function stretchOf(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.integer(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.integer(STRETCH))];
}

/** Puts bytes in place of a stretch. */
export function replace(
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

/** Puts bytes somewhere. */
export function insert(
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
  piece: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const at = random.integer(bytes.length + 1);
  return replace(bytes, [at, at], piece);
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}
