/**
 * The inverse discrete cosine transform of a block of 8x8, as libjpeg's accurate integer one (islow), to the
 * bit: sums of products are exact in i32, so their order is free.
 *
 * Source: Loeffler, Ligtenberg, Moschytz 1989, in libjpeg's fixed point of 13 bits.
 */

import { lines, range } from "../text.ts";
import { GREATEST, LEAST } from "./layout.ts";

/** Factors of inputs a and b, in pairs, as i16x8. */
function pairs(a: number, b: number): string {
  return `(v128.const i16x8 ${range(4).map(() => `${a} ${b}`).join(" ")})`;
}

/** Even part: what inputs 0 and 4, then 2 and 6, give to the four sums. */
const EVEN_04 = [[8192, 8192], [8192, -8192]] as const;
const EVEN_26 = [[10703, 4433], [4433, -10704]] as const;
/** Odd part: what inputs 1 and 3, then 5 and 7, give to the differences of outputs 0 and 7, 1 and 6, … */
const ODD_13 = [[11363, 9633], [9633, -2259], [6437, -11362], [2260, -6436]] as const;
const ODD_57 = [[6437, 2260], [-11362, -6436], [2261, 9633], [9633, -11363]] as const;

const LOW = "0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23";
const HIGH = "8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31";

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;
const dot = (a: string, [b, c]: readonly [number, number]) =>
  `(i32x4.dot_i16x8_s ${get(a)} ${pairs(b, c)})`;
const plus = (a: string, b: string) => `(i32x4.add ${a} ${b})`;

/** One of two halves of eight transforms at once, from r0…r7 to the i32x4 `half`0…7. */
function transformHalf(half: string, mask: string, shift: number): string[] {
  const pair = (name: string, a: number, b: number) =>
    set(name, `(i8x16.shuffle ${mask} ${get(`r${a}`)} ${get(`r${b}`)})`);
  const rounding = `(i32x4.splat (i32.const ${1 << (shift - 1)}))`;
  const descaled = (value: string) => `(i32x4.shr_s ${value} (i32.const ${shift}))`;
  return [
    pair("p", 0, 4),
    pair("q", 2, 6),
    ...range(2).map((i) => set(`s${i}`, plus(dot("p", EVEN_04[i]!), rounding))),
    ...range(2).map((i) => set(`d${i}`, dot("q", EVEN_26[i]!))),
    set("e0", plus(get("s0"), get("d0"))),
    set("e3", `(i32x4.sub ${get("s0")} ${get("d0")})`),
    set("e1", plus(get("s1"), get("d1"))),
    set("e2", `(i32x4.sub ${get("s1")} ${get("d1")})`),
    pair("p", 1, 3),
    pair("q", 5, 7),
    ...range(4).flatMap((i) => [
      set("odd", plus(dot("p", ODD_13[i]!), dot("q", ODD_57[i]!))),
      set(`${half}${i}`, descaled(plus(get(`e${i}`), get("odd")))),
      set(`${half}${7 - i}`, descaled(`(i32x4.sub ${get(`e${i}`)} ${get("odd")})`)),
    ]),
  ];
}

/** Eight transforms at once, of the columns of r0…r7, in place. */
function transformColumns(shift: number): string[] {
  return [
    ...transformHalf("l", LOW, shift),
    ...transformHalf("h", HIGH, shift),
    ...range(8).map((i) => set(`r${i}`, `(i16x8.narrow_i32x4_s ${get(`l${i}`)} ${get(`h${i}`)})`)),
  ];
}

/** Interleaves rows i and i + 4, three times: the transposed block. */
function transpose(): string[] {
  const round = (from: string, to: string) =>
    range(4).flatMap((i) =>
      [LOW, HIGH].map((mask, half) =>
        set(
          `${to}${2 * i + half}`,
          `(i8x16.shuffle ${mask} ${get(`${from}${i}`)} ${get(`${from}${i + 4}`)})`,
        )
      )
    );
  return [...round("r", "l"), ...round("l", "h"), ...round("h", "r")];
}

/** Takes r0…r7 into the greatest or least numbers so far: where they reach the ends of i16, some was cut off. */
function note(address: number, compare: string): string {
  const all = range(8).reduce(
    (sum, i) => `(i16x8.${compare} ${sum} ${get(`r${i}`)})`,
    `(v128.load (i32.const ${address}))`,
  );
  return `(v128.store (i32.const ${address}) ${all})`;
}

/** Of 16 bits the lower 10, with their sign, to u8 around 128, as libjpeg's table of limits. */
function limited(i: number): string {
  return `(i16x8.shr_s (i16x8.shl ${get(`r${i}`)} (i32.const 6)) (i32.const 6))`;
}

const LOCALS = [
  ...["r", "l", "h"].flatMap((name) => range(8).map((i) => `${name}${i}`)),
  ...["p", "q", "odd", "s0", "s1", "d0", "d1", "e0", "e1", "e2", "e3"],
];

/** The block at 0, i16 [8, 8], to u8 at an address, with a stride. */
export const TRANSFORM: string = lines(
  `(func $transform (param $to i32) (param $stride i32)`,
  LOCALS.map((name) => `(local $${name} v128)`),
  ...range(8).map((i) => set(`r${i}`, `(v128.load offset=${16 * i} (i32.const 0))`)),
  ...transformColumns(11),
  note(GREATEST, "max_s"),
  note(LEAST, "min_s"),
  ...transpose(),
  ...transformColumns(18),
  ...transpose(),
  ...range(4).flatMap((i) => [
    set(
      "p",
      `(v128.xor (i8x16.narrow_i16x8_s ${limited(2 * i)} ${limited(2 * i + 1)})
        (i8x16.splat (i32.const 128)))`,
    ),
    ...range(2).flatMap((lane) => [
      `(v128.store64_lane ${lane} ${get("to")} ${get("p")})`,
      set("to", `(i32.add ${get("to")} ${get("stride")})`),
    ]),
  ]),
  `)`,
);
