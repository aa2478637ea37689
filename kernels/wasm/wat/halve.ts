/**
 * The WebAssembly that halves a picture. `deno task wat` assembles it to `halve.wasm`.
 *
 * from  u8 [2 rows, 2 w, 3]
 * to    u8 [rows, w, 3], the mean of four pixels, rounded half up; `bytes` = 3 w
 *
 * Four pixels at a time: up to 39 bytes behind the source are read, up to 15 behind the target overwritten.
 */

import { add, func, increase, lines, loop, mul, range, term } from "./text.ts";

/** Three bytes of every other pixel from a pixel on, of the eight in `bytes 0–15` and `bytes 8–23`. */
function everyOther(first: number, low: string, high: string): string {
  const places = range(12).map((i) => 6 * Math.floor(i / 3) + 3 * first + i % 3);
  const lanes = [...places.map((at) => at < 16 ? at : at + 8), 0, 0, 0, 0].join(" ");
  return `(i8x16.shuffle ${lanes} ${low} ${high})`;
}

const load = (row: string, offset: number) => `(v128.load offset=${offset} ${term(row)})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;

/** Four means of eight bytes each. */
function meansOf(half: "low" | "high"): string {
  const wide = range(4).map((i) => `(i16x8.extend_${half}_i8x16_u ${term(`part_${i}`)})`);
  const sum = wide.reduce(
    (sum, next) => `(i16x8.add ${sum} ${next})`,
    "(i16x8.splat (i32.const 2))",
  );
  return `(i16x8.shr_u ${sum} (i32.const 2))`;
}

const HALVE = func("halve", "from to bytes rows", {
  i32: "row at up down",
  v128: range(4).map((i) => `part_${i}`),
})(
  loop("row", 0, "rows")(
    `(local.set $up (local.get $from))`,
    set("down", add("from", mul("bytes", 2))),
    loop("at", 0, "bytes", 12)(
      ["up", "down"].flatMap((row, y) =>
        range(2).map((first) =>
          set(`part_${2 * y + first}`, everyOther(first, load(row, 0), load(row, 8)))
        )
      ).join("\n"),
      `(v128.store ${add("to", "at")} (i8x16.narrow_i16x8_u ${meansOf("low")} ${meansOf("high")}))`,
      increase("up", 24),
      increase("down", 24),
    ),
    increase("to", "bytes"),
    increase("from", mul("bytes", 4)),
  ),
);

export const halveText: string = lines(`(module (memory (export "memory") 1)`, HALVE, `)`);
