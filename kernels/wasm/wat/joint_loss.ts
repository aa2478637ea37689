/**
 * The WebAssembly of the joint loss's mask part and its gradient. `deno task wat` assembles it to
 * `joint_loss.wasm`. Here masks are measured by squares, in one pass over the feature maps; in
 * `wat/joint_loss/mask_entropy.ts` otherwise.
 *
 * maps, dmaps  f32 [B, cells, A]   A a multiple of 4
 * bits         u32 [B, cells]      region bits of each mask pixel
 * wanted       u32 [B, A]          bits of the regions in which the map is to be 1
 * weights      f32 [B, A]          of the squared error
 * sums         f64 [pieces]        Σ weight · (map − target)² of each piece, the pixels first..<last
 *
 * The gradient is `scale` (the bits of an f32) times weight · (map − target).
 *
 * @module
 */

import { ONES } from "./exp_log.ts";
import { MASK_ENTROPY_FUNCTIONS } from "./joint_loss/mask_entropy.ts";
import {
  add,
  div,
  func,
  fused,
  halves,
  increase,
  load,
  loop,
  minus,
  moduleOf,
  mul,
  set,
  splat,
  store,
  sumOfTwo,
  term,
  times,
  ZEROS,
} from "./text.ts";

const JOINT_LOSS = func(
  "joint_loss",
  "maps bits wanted weights dmaps sums cells attributes scale first last piece",
  { i32: "bytes pixel a at row", v128: "inside d weighted sum factor total" },
)(
  set("bytes", mul("attributes", 4)),
  set("factor", splat("scale")),
  set("at", mul("first", "bytes")),
  loop("pixel", "first", "last")(
    set("inside", `(v128.load32_splat ${add("bits", mul("pixel", 4))})`),
    set("row", mul(div("pixel", "cells"), "bytes")),
    set("sum", ZEROS),
    loop("a", 0, "bytes", 16)(
      set(
        "d",
        minus(
          load(add("maps", "at")),
          `(v128.and ${ONES} (i32x4.ne ${ZEROS} (v128.and ${term("inside")} ${
            load(add("wanted", "row", "a"))
          })))`,
        ),
      ),
      set("weighted", times("d", load(add("weights", "row", "a")))),
      set("sum", fused("d", "weighted", "sum")),
      store(add("dmaps", "at"), times("weighted", "factor")),
      increase("at", 16),
    ),
    ...halves("sum").map((half) => set("total", `(f64x2.add ${term("total")} ${half})`)),
  ),
  `(f64.store ${add("sums", mul("piece", 8))} ${sumOfTwo("total")})`,
);

export const jointLossText: string = moduleOf(JOINT_LOSS, ...MASK_ENTROPY_FUNCTIONS);
