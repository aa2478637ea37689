/**
 * The WebAssembly of the joint loss's mask part and its gradient, in one pass over the feature maps.
 * `deno task wat` assembles it to `joint_loss.wasm`.
 *
 * maps, dmaps  f32 [B, cells, A]   A a multiple of 4
 * bits         u32 [B, cells]      region bits of each mask pixel
 * wanted       u32 [B, A]          region bits of each attribute, 0 where the label is negative
 * sums         f64 [pieces]        Σ (map − target)² of each piece, which takes the pixels first..<last
 *
 * The gradient is `scale` (the bits of an f32) times map − target.
 *
 * @module
 */

import {
  add,
  div,
  func,
  fused,
  increase,
  load,
  loop,
  minus,
  moduleOf,
  mul,
  set,
  store,
  term,
  times,
  ZEROS,
} from "./text.ts";

const ONES = "(v128.const f32x4 1 1 1 1)";
const upper = (value: string) =>
  `(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${term(value)} ${term(value)})`;
const addPair = (value: string) =>
  set("total", `(f64x2.add ${term("total")} (f64x2.promote_low_f32x4 ${value}))`);

const JOINT_LOSS = func(
  "joint_loss",
  [
    ...["maps", "bits", "wanted", "dmaps", "sums", "cells", "attributes", "scale"],
    ...["first", "last", "piece"],
  ],
  {
    i32: ["bytes", "pixel", "a", "at", "row"],
    v128: ["inside", "d", "sum", "factor", "total"],
  },
  set("bytes", mul("attributes", 4)),
  set("factor", `(f32x4.splat (f32.reinterpret_i32 ${term("scale")}))`),
  set("at", mul("first", "bytes")),
  loop(
    "pixel",
    "first",
    "last",
    1,
    set("inside", `(v128.load32_splat ${add("bits", mul("pixel", 4))})`),
    set("row", add("wanted", mul(div("pixel", "cells"), "bytes"))),
    set("sum", ZEROS),
    loop(
      "a",
      0,
      "bytes",
      16,
      set(
        "d",
        minus(
          load(add("maps", "at")),
          `(v128.and ${ONES} (i32x4.ne ${ZEROS} (v128.and ${term("inside")} ${
            load(add("row", "a"))
          })))`,
        ),
      ),
      set("sum", fused("d", "d", "sum")),
      store(add("dmaps", "at"), times("d", "factor")),
      increase("at", 16),
    ),
    addPair(term("sum")),
    addPair(upper("sum")),
  ),
  `(f64.store ${add("sums", mul("piece", 8))} (f64.add ${
    [0, 1].map((lane) => `(f64x2.extract_lane ${lane} ${term("total")})`).join(" ")
  }))`,
);

/** The module's text. */
export const jointLossText: string = moduleOf(JOINT_LOSS);
