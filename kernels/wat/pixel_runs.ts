/**
 * The way of the masks' kernels through a piece of the feature maps.
 *
 * @module
 */

import { EXP_LOCALS, SET_EXP_LOCALS } from "./exp_log_text.ts";
import { add, div, increase, less, load, loop, mul, set, sub, term, ZEROS } from "./text.ts";

/** Pixels of a run: of more, the product of up to 2 each could overflow. */
const RUN = 64;

const least = (a: string, b: string) => `(select ${term(a)} ${term(b)} ${less(a, b)})`;

/** Local variables of {@linkcode overRuns}, i32. */
export const I32: readonly string[] = ["bytes", "start", "end", "row", "a", "bit", "from", "to"];
/** Its local variables of four numbers. */
export const V128: readonly string[] = ["wide", "wanted_4", "weight", "inside", ...EXP_LOCALS];

/** What a body does for four attributes: before the pixels, at each, and behind them. */
export interface Body {
  readonly before?: readonly string[];
  readonly pixel: readonly string[];
  readonly behind?: readonly string[];
}

/**
 * Runs through a piece. The body finds $a, the offset of four attributes; $weight; $inside, all ones where
 * the target is 1; and the places $from and $to in two tensors.
 */
export function overRuns(
  from: string,
  to: string,
  { before = [], pixel, behind = [] }: Body,
): string[] {
  const nextImage = mul(add(div("start", "cells"), 1), "cells");
  return [
    ...SET_EXP_LOCALS,
    set("bytes", mul("attributes", 4)),
    set("wide", `(f32x4.splat (f32.reinterpret_i32 ${term("scale")}))`),
    loop(
      "start",
      "first",
      "last",
      sub("end", "start"),
      set("row", mul(div("start", "cells"), "bytes")),
      set("end", least("last", nextImage)),
      set("end", least("end", add("start", RUN))),
      loop(
        "a",
        0,
        "bytes",
        16,
        set("wanted_4", load(add("wanted", "row", "a"))),
        set("weight", load(add("weights", "row", "a"))),
        set("from", add(from, mul("start", "bytes"), "a")),
        set("to", add(to, mul("start", "bytes"), "a")),
        ...before,
        loop(
          "bit",
          add("bits", mul("start", 4)),
          add("bits", mul("end", 4)),
          4,
          set(
            "inside",
            `(i32x4.ne ${ZEROS} (v128.and ${term("wanted_4")} (v128.load32_splat ${term("bit")})))`,
          ),
          ...pixel,
          increase("from", "bytes"),
          increase("to", "bytes"),
        ),
        ...behind,
      ),
    ),
  ];
}

/** What the expression is where the target is 1, and 0 elsewhere. */
export function masked(value: string): string {
  return `(v128.and ${term("inside")} ${term(value)})`;
}
