/**
 * The WebAssembly of a gradient's norm. `deno task wat` assembles it to `square_sums.wasm`.
 *
 * g     f32 [N]
 * sums  f64 [pieces]  Σ g² of each piece, the numbers first..<last
 */

import { add, func, loop, moduleOf, mul, set, sub, sumOfTwo, term } from "./text.ts";

/** Adds the squares of two numbers, which f64 holds without rounding. */
const addSquares = (two: string) => [
  set("wide", `(f64x2.promote_low_f32x4 ${two})`),
  set("total", `(f64x2.add ${term("total")} (f64x2.mul ${term("wide")} ${term("wide")}))`),
];

const SQUARE_SUMS = func("square_sums", "g sums first last piece", {
  i32: "i",
  v128: "wide total",
})(
  loop("i", "first", sub("last", 1), 2)(
    ...addSquares(`(v128.load64_zero ${add("g", mul("i", 4))})`),
  ),
  loop("i", "i", "last")(...addSquares(`(v128.load32_zero ${add("g", mul("i", 4))})`)),
  `(f64.store ${add("sums", mul("piece", 8))} ${sumOfTwo("total")})`,
);

export const squareSumsText: string = moduleOf(SQUARE_SUMS);
