/**
 * The WebAssembly of a JPEG decoder for what nearly every file is: Huffman coded, sequential, in one scan.
 * `deno task wat` assembles it to `jpeg.wasm`. Its memory is laid out by `kernels/wasm/jpeg.ts`.
 *
 * The picture's data lie backwards, so that a load of eight bytes has the first one on top: the bits at
 * `position` are those of `top − position / 8 − 7` on. Anything that is not as it should be is a fault, of
 * which nothing more is told.
 *
 * @module
 */

import { lines, range, ZEROS } from "./text.ts";
import { COLOURS } from "./jpeg/colour.ts";
import {
  BLOCK_BYTES,
  COMPONENT_BYTES,
  COMPONENTS,
  GREATEST,
  GREATEST_CODES,
  LEAST,
  LOOKUP_BITS,
  PLACES,
  SYMBOL_OFFSETS,
  SYMBOLS,
} from "./jpeg/layout.ts";
import { TRANSFORM } from "./jpeg/transform.ts";

/** The longer codes, a length after the other: returns what the table by ten bits has for shorter ones. */
const BITS = `
(global $position (mut i32) (i32.const 0))
(global $top (mut i32) (i32.const 0))
(global $fault (mut i32) (i32.const 0))
(func $long_code (param $table i32) (param $window i64) (result i32)
  (local $length i32) (local $code i32) (local $at i32)
  (local.set $length (i32.const ${LOOKUP_BITS + 1}))
  (loop $next
    (local.set $code (i32.wrap_i64 (i64.shr_u (local.get $window)
      (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $length))))))
    (local.set $at (i32.add (local.get $table) (i32.shl (local.get $length) (i32.const 2))))
    (if (i32.le_s (local.get $code) (i32.load offset=${GREATEST_CODES} (local.get $at))) (then
      (return (i32.or (i32.shl (local.get $length) (i32.const 8))
        (i32.load8_u offset=${SYMBOLS} (i32.add (local.get $table)
          (i32.and (i32.const 255)
            (i32.add (local.get $code) (i32.load offset=${SYMBOL_OFFSETS} (local.get $at))))))))))
    (local.set $length (i32.add (local.get $length) (i32.const 1)))
    (br_if $next (i32.le_u (local.get $length) (i32.const 16))))
  (global.set $fault (i32.const 1))
  (i32.const 256))`;

/** The next code of a table, with the bits behind it, to `window`, `entry`, `length` and `size`. */
function nextCode(table: string, sizeMask: number): string {
  return `
  (local.set $window (i64.shl
    (i64.load (i32.sub (local.get $last_byte) (i32.shr_u (local.get $position) (i32.const 3))))
    (i64.extend_i32_u (i32.and (local.get $position) (i32.const 7)))))
  (local.set $entry (i32.load16_u (i32.add (local.get $${table})
    (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $window) (i64.const ${
    64 - LOOKUP_BITS
  }))) (i32.const 1)))))
  (if (i32.eqz (local.get $entry)) (then
    (local.set $entry (call $long_code (local.get $${table}) (local.get $window)))))
  (local.set $length (i32.shr_u (local.get $entry) (i32.const 8)))
  (local.set $size (i32.and (local.get $entry) (i32.const ${sizeMask})))
  (local.set $position (i32.add (local.get $position) (i32.add (local.get $length) (local.get $size))))`;
}

/** The number in the `size` bits behind a code; `size` is not 0. Source: ITU-T T.81, F.2.2.1. */
const EXTEND = `
  (local.set $value (i32.wrap_i64 (i64.shr_u
    (i64.shl (local.get $window) (i64.extend_i32_u (local.get $length)))
    (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $size))))))
  (if (i32.eqz (i32.shr_u (local.get $value) (i32.sub (local.get $size) (i32.const 1)))) (then
    (local.set $value (i32.add (local.get $value)
      (i32.add (i32.shl (i32.const -1) (local.get $size)) (i32.const 1))))))`;

/** A fault unless `value` is one of 16 bits. */
const CHECK = `
  (global.set $fault (i32.or (global.get $fault)
    (i32.shr_u (i32.add (local.get $value) (i32.const 32768)) (i32.const 16))))`;

/** One block to u8 [8, 8] at an address; returns its mean's number, which the next block's is added to. */
const BLOCK = `
(func $block (param $component i32) (param $before i32) (param $to i32) (param $stride i32) (result i32)
  (local $table i32) (local $factors i32) (local $window i64) (local $entry i32) (local $length i32)
  (local $size i32) (local $value i32) (local $k i32) (local $last i32) (local $eight i64)
  (local $position i32) (local $last_byte i32)
  ${
  range(BLOCK_BYTES / 16).map((i) => `(v128.store offset=${16 * i} (i32.const 0) ${ZEROS})`).join(
    "\n",
  )
}
  (local.set $position (global.get $position))
  (local.set $last_byte (i32.sub (global.get $top) (i32.const 7)))
  (local.set $factors (i32.load offset=8 (local.get $component)))
  (local.set $table (i32.load (local.get $component)))
  ${nextCode("table", 255)}
  (if (local.get $size) (then
    ${EXTEND}
    (local.set $before (i32.add (local.get $before) (local.get $value)))))
  (local.set $value (local.get $before))
  ${CHECK}
  (local.set $value (i32.mul (local.get $value) (i32.load16_u (local.get $factors))))
  ${CHECK}
  (i32.store16 (i32.const 0) (local.get $value))
  (local.set $table (i32.load offset=4 (local.get $component)))
  (local.set $k (i32.const 1))
  (block $done (loop $next
    ${nextCode("table", 15)}
    (local.set $k (i32.add (local.get $k) (i32.and (i32.shr_u (local.get $entry) (i32.const 4)) (i32.const 15))))
    (if (local.get $size)
      (then
        (if (i32.gt_u (local.get $k) (i32.const 63)) (then
          (global.set $fault (i32.const 1)) (br $done)))
        ${EXTEND}
        (local.set $value (i32.mul (local.get $value)
          (i32.load16_u (i32.add (local.get $factors) (i32.shl (local.get $k) (i32.const 1))))))
        ${CHECK}
        (local.set $last (local.get $k))
        (i32.store16 (i32.load8_u offset=${PLACES} (local.get $k)) (local.get $value)))
      (else (br_if $done (i32.ne (i32.and (local.get $entry) (i32.const 240)) (i32.const 240)))))
    (local.set $k (i32.add (local.get $k) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $k) (i32.const 64)))))
  (global.set $position (local.get $position))
  (if (local.get $last) (then (call $transform (local.get $to) (local.get $stride))) (else
    (local.set $value (i32.shr_s (i32.add (i32.load16_s (i32.const 0)) (i32.const 4)) (i32.const 3)))
    (local.set $value (i32.shr_s (i32.shl (local.get $value) (i32.const 22)) (i32.const 22)))
    (local.set $value (select (i32.const -128) (local.get $value) (i32.lt_s (local.get $value) (i32.const -128))))
    (local.set $value (select (i32.const 127) (local.get $value) (i32.gt_s (local.get $value) (i32.const 127))))
    (local.set $eight (i64.mul (i64.extend_i32_u (i32.add (local.get $value) (i32.const 128)))
      (i64.const 0x0101010101010101)))
    (local.set $k (i32.const 8))
    (loop $row
      (i64.store (local.get $to) (local.get $eight))
      (local.set $to (i32.add (local.get $to) (local.get $stride)))
      (br_if $row (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))))
  (local.get $before))`;

/** All blocks of h x v luma and two chroma blocks a unit; 0 if everything was as it should be. */
const DECODE = `
(func (export "decode") (param $first i32) (param $bits i32) (param $across i32) (param $down i32)
  (param $h i32) (param $v i32) (param $luma i32) (param $cb i32) (param $cr i32) (result i32)
  (local $x i32) (local $y i32) (local $i i32) (local $j i32) (local $stride i32) (local $half i32)
  (local $luma_mean i32) (local $cb_mean i32) (local $cr_mean i32) (local $row i32)
  (global.set $top (local.get $first))
  (global.set $position (i32.const 0))
  (global.set $fault (i32.const 0))
  (memory.fill (i32.const ${GREATEST}) (i32.const 0) (i32.const ${LEAST - GREATEST + 16}))
  (local.set $half (i32.shl (local.get $across) (i32.const 3)))
  (local.set $stride (i32.mul (local.get $half) (local.get $h)))
  (loop $next_y
    (local.set $x (i32.const 0))
    (loop $next_x
      (local.set $j (i32.const 0))
      (loop $next_j
        (local.set $row (i32.add (local.get $luma) (i32.add
          (i32.mul (i32.mul (i32.add (i32.mul (local.get $y) (local.get $v)) (local.get $j)) (i32.const 8))
            (local.get $stride))
          (i32.mul (i32.mul (local.get $x) (local.get $h)) (i32.const 8)))))
        (local.set $i (i32.const 0))
        (loop $next_i
          (local.set $luma_mean (call $block (i32.const ${COMPONENTS}) (local.get $luma_mean)
            (i32.add (local.get $row) (i32.shl (local.get $i) (i32.const 3))) (local.get $stride)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next_i (i32.lt_u (local.get $i) (local.get $h))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $next_j (i32.lt_u (local.get $j) (local.get $v))))
      (local.set $row (i32.add (i32.mul (local.get $y) (i32.shl (local.get $half) (i32.const 3)))
        (i32.shl (local.get $x) (i32.const 3))))
      (local.set $cb_mean (call $block (i32.const ${
  COMPONENTS + COMPONENT_BYTES
}) (local.get $cb_mean)
        (i32.add (local.get $cb) (local.get $row)) (local.get $half)))
      (local.set $cr_mean (call $block (i32.const ${
  COMPONENTS + 2 * COMPONENT_BYTES
}) (local.get $cr_mean)
        (i32.add (local.get $cr) (local.get $row)) (local.get $half)))
      (if (i32.or (global.get $fault) (i32.gt_u (global.get $position) (local.get $bits))) (then
        (return (i32.const 1))))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $next_x (i32.lt_u (local.get $x) (local.get $across))))
    (local.set $y (i32.add (local.get $y) (i32.const 1)))
    (br_if $next_y (i32.lt_u (local.get $y) (local.get $down))))
  (i32.or
    (i32.ge_u (i32.sub (local.get $bits) (global.get $position)) (i32.const 8))
    (v128.any_true (v128.or
      (i16x8.eq (v128.load (i32.const ${GREATEST})) (i16x8.splat (i32.const 32767)))
      (i16x8.eq (v128.load (i32.const ${LEAST})) (i16x8.splat (i32.const -32768)))))))`;

export const jpegText: string = lines(
  `(module (memory (export "memory") 16)`,
  BITS,
  TRANSFORM,
  BLOCK,
  DECODE,
  COLOURS,
  `)`,
);
