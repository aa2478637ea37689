/** Colour planes to RGB: libjpeg's fancy upsampling and its conversion of YCbCr, to the bit. */

import { lines, range } from "../text.ts";

/**
 * Interpolates a row of n samples to 2·n, u8, by the triangle filter; with the row beside it, also between
 * rows. Sums u16 at `sums`, which has room for 8 samples before it and behind n.
 */
const UPSAMPLE = `
(func $upsample (param $near i32) (param $far i32) (param $n i32) (param $rows i32) (param $to i32) (param $sums i32)
  (local $i i32) (local $at i32) (local $v v128) (local $even v128) (local $odd v128) (local $shift i32)
  (loop $next
    (local.set $v (v128.load8x8_u (i32.add (local.get $near) (local.get $i))))
    (if (local.get $rows) (then
      (local.set $v (i16x8.add (i16x8.mul (local.get $v) (i16x8.splat (i32.const 3)))
        (v128.load8x8_u (i32.add (local.get $far) (local.get $i)))))))
    (v128.store (i32.add (local.get $sums) (i32.shl (local.get $i) (i32.const 1))) (local.get $v))
    (local.set $i (i32.add (local.get $i) (i32.const 8)))
    (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
  (i32.store16 (i32.sub (local.get $sums) (i32.const 2)) (i32.load16_u (local.get $sums)))
  (local.set $at (i32.add (local.get $sums) (i32.shl (local.get $n) (i32.const 1))))
  (i32.store16 (local.get $at) (i32.load16_u (i32.sub (local.get $at) (i32.const 2))))
  (local.set $even (i16x8.splat (select (i32.const 8) (i32.const 1) (local.get $rows))))
  (local.set $odd (i16x8.splat (select (i32.const 7) (i32.const 2) (local.get $rows))))
  (local.set $shift (select (i32.const 4) (i32.const 2) (local.get $rows)))
  (local.set $i (i32.const 0))
  (loop $next
    (local.set $at (i32.add (local.get $sums) (i32.shl (local.get $i) (i32.const 1))))
    (local.set $v (i16x8.mul (v128.load (local.get $at)) (i16x8.splat (i32.const 3))))
    (v128.store (i32.add (local.get $to) (i32.shl (local.get $i) (i32.const 1)))
      (v128.or
        (i16x8.shr_u (i16x8.add (i16x8.add (local.get $v) (v128.load (i32.sub (local.get $at) (i32.const 2))))
          (local.get $even)) (local.get $shift))
        (i16x8.shl (i16x8.shr_u (i16x8.add (i16x8.add (local.get $v) (v128.load offset=2 (local.get $at)))
          (local.get $odd)) (local.get $shift)) (i32.const 8))))
    (local.set $i (i32.add (local.get $i) (i32.const 8)))
    (br_if $next (i32.lt_u (local.get $i) (local.get $n)))))`;

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;

/** Bytes `16·part`… of R, G, B, R, G, B, … */
function interleave(part: number): string {
  const places = range(16).map((i) =>
    [Math.floor((16 * part + i) / 3), (16 * part + i) % 3] as const
  );
  const two = places.map(([pixel, c]) => c === 2 ? 0 : 16 * c + pixel).join(" ");
  const three = places.map(([pixel, c], i) => c === 2 ? 16 + pixel : i).join(" ");
  return `(i8x16.shuffle ${three} (i8x16.shuffle ${two} ${get("red")} ${get("green")}) ${
    get("blue")
  })`;
}

/** Eight pixels; which of the 16 is `low` or `high`. Fixed point of 16 bits, without its whole part. */
function convert(half: "low" | "high"): string[] {
  const wide = (name: string) => `(i16x8.extend_${half}_i8x16_u ${get(name)})`;
  const centred = (name: string) => `(i16x8.sub ${wide(name)} (i16x8.splat (i32.const 128)))`;
  const green = (mask: string) =>
    `(i32x4.shr_s (i32x4.add (i32x4.dot_i16x8_s
    (i8x16.shuffle ${mask} ${get("u")} ${get("v")})
    (v128.const i16x8 ${range(4).map(() => "-22554 18734").join(" ")}))
    (i32x4.splat (i32.const 32768))) (i32.const 16))`;
  const scaled = (name: string, factor: number) =>
    `(i16x8.q15mulr_sat_s ${get(name)} (i16x8.splat (i32.const ${factor})))`;
  return [
    set("y", wide("luma")),
    set("u", centred("cb")),
    set("v", centred("cr")),
    set(`red_${half}`, `(i16x8.add ${get("y")} (i16x8.add ${get("v")} ${scaled("v", 13173)}))`),
    set(
      `green_${half}`,
      `(i16x8.add (i16x8.sub ${get("y")} ${get("v")}) (i16x8.narrow_i32x4_s
      ${green("0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23")}
      ${green("8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31")}))`,
    ),
    set(
      `blue_${half}`,
      `(i16x8.add ${get("y")} (i16x8.add (i16x8.shl ${get("u")} (i32.const 1)) ${
        scaled("u", -7471)
      }))`,
    ),
  ];
}

/** A row of n pixels, from u8 [n] each to u8 [n, 3]; up to 47 bytes behind it are overwritten. */
const TO_RGB = lines(
  `(func $to_rgb (param $y_at i32) (param $cb_at i32) (param $cr_at i32) (param $n i32) (param $to i32)`,
  `(local $i i32)`,
  ["luma", "cb", "cr", "y", "u", "v", "red", "green", "blue"].map((name) =>
    `(local $${name} v128)`
  ),
  ["red", "green", "blue"].map((c) => `(local $${c}_low v128) (local $${c}_high v128)`),
  `(loop $next`,
  set("luma", `(v128.load (i32.add ${get("y_at")} ${get("i")}))`),
  set("cb", `(v128.load (i32.add ${get("cb_at")} ${get("i")}))`),
  set("cr", `(v128.load (i32.add ${get("cr_at")} ${get("i")}))`),
  convert("low"),
  convert("high"),
  ["red", "green", "blue"].map((c) =>
    set(c, `(i8x16.narrow_i16x8_u ${get(`${c}_low`)} ${get(`${c}_high`)})`)
  ),
  range(3).map((part) => `(v128.store offset=${16 * part} ${get("to")} ${interleave(part)})`),
  set("to", `(i32.add ${get("to")} (i32.const 48))`),
  set("i", `(i32.add ${get("i")} (i32.const 16))`),
  `(br_if $next (i32.lt_u ${get("i")} ${get("n")}))))`,
);

/**
 * All rows. Chroma is as large as luma (h = v = 1), halved along rows (h = 2), or along both (h = v = 2).
 * `work` has room for three rows of luma's width each, of u16 the last, and 64 bytes.
 */
const COLOUR = `
(func (export "colour") (param $width i32) (param $height i32) (param $h i32) (param $v i32)
  (param $luma i32) (param $stride i32) (param $cb i32) (param $cr i32) (param $half i32)
  (param $columns i32) (param $rows i32) (param $work i32) (param $to i32)
  (local $y i32) (local $near i32) (local $far i32) (local $cb_row i32) (local $cr_row i32) (local $sums i32)
  (local.set $cb_row (local.get $work))
  (local.set $cr_row (i32.add (local.get $work) (i32.add (local.get $stride) (i32.const 16))))
  (local.set $sums (i32.add (local.get $cr_row) (i32.add (local.get $stride) (i32.const 32))))
  (loop $next
    (local.set $near (i32.div_u (local.get $y) (local.get $v)))
    (local.set $far (i32.add (i32.sub (local.get $near) (i32.const 1))
      (i32.shl (i32.and (local.get $y) (i32.const 1)) (i32.const 1))))
    (if (i32.lt_s (local.get $far) (i32.const 0)) (then (local.set $far (i32.const 0))))
    (if (i32.ge_s (local.get $far) (local.get $rows)) (then (local.set $far (local.get $near))))
    (local.set $near (i32.mul (local.get $near) (local.get $half)))
    (local.set $far (i32.mul (local.get $far) (local.get $half)))
    (if (i32.eq (local.get $h) (i32.const 1))
      (then
        (local.set $cb_row (i32.add (local.get $cb) (local.get $near)))
        (local.set $cr_row (i32.add (local.get $cr) (local.get $near))))
      (else
        (call $upsample (i32.add (local.get $cb) (local.get $near)) (i32.add (local.get $cb) (local.get $far))
          (local.get $columns) (i32.sub (local.get $v) (i32.const 1)) (local.get $cb_row) (local.get $sums))
        (call $upsample (i32.add (local.get $cr) (local.get $near)) (i32.add (local.get $cr) (local.get $far))
          (local.get $columns) (i32.sub (local.get $v) (i32.const 1)) (local.get $cr_row) (local.get $sums))))
    (call $to_rgb (i32.add (local.get $luma) (i32.mul (local.get $y) (local.get $stride)))
      (local.get $cb_row) (local.get $cr_row) (local.get $width) (local.get $to))
    (local.set $to (i32.add (local.get $to) (i32.mul (local.get $width) (i32.const 3))))
    (local.set $y (i32.add (local.get $y) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $y) (local.get $height)))))`;

export const COLOURS: string = lines(UPSAMPLE, TO_RGB, COLOUR);
