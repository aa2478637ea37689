/**
 * The WebAssembly of batch normalisation in training, four channels at once. `deno task wat` assembles it
 * to `batch_norm.wasm`.
 *
 * x, y, dy and dx are f32 [M, C], C a multiple of 4; what has a number for each channel is f32 [C]. Every
 * piece takes the rows first..<last. Sums are f64 [pieces, 2, C], one pair of rows for each piece, so that
 * they do not depend on which thread took which. What is made of the sums is of one number a channel and
 * is made in TypeScript.
 *
 * Where a ReLU follows, `least` (the bits of an f32) is 0, else −∞: smaller results become `least` and
 * pass no gradient.
 */

import {
  add,
  func,
  fused,
  halves,
  increase,
  lines,
  load,
  loop,
  minus,
  moduleOf,
  mul,
  plus,
  set,
  splat,
  store,
  term,
  times,
} from "./text.ts";

const addTo = (sum: string, value: string) =>
  halves(value).map((half, i) => set(`${sum}${i}`, `(f64x2.add ${term(`${sum}${i}`)} ${half})`));
const ZERO_SUMS = ["s0", "s1", "q0", "q1"].map((sum) => set(sum, "(v128.const i64x2 0 0)"));

/** Stores the sums of four channels: f64, so at twice their offset c, and the second row behind. */
const STORE_SUMS = [
  set("to", add("sums", mul("piece", "bytes", 4), mul("c", 2))),
  store("to", "s0"),
  store("to", "s1", 16),
  increase("to", mul("bytes", 2)),
  store("to", "q0"),
  store("to", "q1", 16),
];

/** $at = base + first row; $end = base + last row, both at channel c. */
const rowsFrom = (base: string) => [
  set("at", add(base, mul("first", "bytes"), "c")),
  set("end", add(base, mul("last", "bytes"))),
];

const SETUP = set("bytes", mul("channels", 4));

/** Σ x and Σ x²: in f64 nothing is lost by not subtracting the mean first. */
const NORM_SUMS = func("norm_sums", "x sums channels first last piece", {
  i32: "bytes c at end to",
  v128: "v h s0 s1 q0 q1",
})(
  SETUP,
  loop("c", 0, "bytes", 16)(
    ...ZERO_SUMS,
    ...rowsFrom("x"),
    loop("at", "at", "end", "bytes")(
      set("v", load("at")),
      ...halves("v").flatMap((half, upper) => [
        set("h", half),
        set(`s${upper}`, `(f64x2.add ${term(`s${upper}`)} ${term("h")})`),
        set(`q${upper}`, `(f64x2.relaxed_madd ${term("h")} ${term("h")} ${term(`q${upper}`)})`),
      ]),
    ),
    ...STORE_SUMS,
  ),
);

const FLOOR = set("floor", splat("least"));

/** Stores four numbers of each row at $offset of a tensor, channel $c by channel. */
function overRows(target: string, value: string): string {
  return loop("row", "first", "last")(
    set("offset", mul("row", "bytes")),
    loop("c", 0, "bytes", 16)(store(add(target, "offset"), value), increase("offset", 16)),
  );
}

/** (x − mean) · a + b */
const affine = (a: string, b: string) =>
  fused(
    minus(load(add("x", "offset")), load(add("mean", "c"))),
    load(add(a, "c")),
    load(add(b, "c")),
  );

/** y = max((x − mean) · factor + shift, least) */
const NORMALISE = func("normalise", "x mean factor shift y channels least first last", {
  i32: "bytes c row offset",
  v128: "floor",
})(SETUP, FLOOR, overRows("y", `(f32x4.max ${term("floor")} ${affine("factor", "shift")})`));

/** dy where the ReLU let it through. */
const through = (offset: string) =>
  `(v128.and ${load(add("dy", offset))} (f32x4.gt ${load(add("y", offset))} ${term("floor")}))`;

/** Σ dz and Σ dz · (x − mean) */
const NORM_GRAD_SUMS = func("norm_grad_sums", "x y dy mean sums channels least first last piece", {
  i32: "bytes c at end to",
  v128: "floor v h s0 s1 q0 q1",
})(
  SETUP,
  FLOOR,
  loop("c", 0, "bytes", 16)(
    ...ZERO_SUMS,
    set("at", add(mul("first", "bytes"), "c")),
    set("end", mul("last", "bytes")),
    loop("at", "at", "end", "bytes")(
      set("v", through("at")),
      set("h", times("v", minus(load(add("x", "at")), load(add("mean", "c"))))),
      ...addTo("s", "v"),
      ...addTo("q", "h"),
    ),
    ...STORE_SUMS,
  ),
);

/** dx = dz · factor + (x − mean) · slope + constant */
const NORM_GRAD = func(
  "norm_grad",
  "x y dy mean factor slope constant dx channels least first last",
  { i32: "bytes c row offset", v128: "floor" },
)(
  SETUP,
  FLOOR,
  overRows(
    "dx",
    plus(times(through("offset"), load(add("factor", "c"))), affine("slope", "constant")),
  ),
);

export const batchNormText: string = moduleOf(
  lines(NORM_SUMS, NORMALISE, NORM_GRAD_SUMS, NORM_GRAD),
);
