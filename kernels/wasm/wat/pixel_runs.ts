/** The way of the masks' kernels through a piece of the feature maps. */

import {
  add,
  div,
  less,
  load,
  loop,
  mul,
  range,
  rem,
  set,
  splat,
  sub,
  term,
  ZEROS,
} from "./text.ts";

/** Pixels of a run: of more, the product of up to 2 each could overflow. */
const RUN = 64;

/** Pixels at once, so that one waits for its results while the others compute; divides {@linkcode RUN}. */
const LANES = 4;

const least = (a: string, b: string) => `(select ${term(a)} ${term(b)} ${less(a, b)})`;

/** Local variables of {@linkcode overRuns}, i32. */
export const I32: readonly string[] = [
  ...["bytes", "start", "end", "row", "a", "bit", "fours_end", "bits_end"],
  ...ofLanes("from", "to"),
];
/** Its local variables of four numbers. */
export const V128: readonly string[] = ["wide", "wanted_4", "weight", ...ofLanes("outside")];

/** Names of variables that each of the pixels at once has: `NAME_0` and so on. */
export function ofLanes(...names: readonly string[]): string[] {
  return range(LANES).flatMap((lane) => names.map((name) => `${name}_${lane}`));
}

/** What a body does for four attributes: before the pixels, at each, and behind them. */
interface Body {
  readonly before?: readonly string[];
  /** The steps at a pixel; variables of its own by `of`, see {@linkcode ofLanes}. */
  readonly pixel: (of: (name: string) => string) => readonly string[];
  readonly behind?: readonly string[];
}

/**
 * Runs through a piece. The body finds $a, the offset of four attributes; $weight; and for a pixel
 * $outside, all ones where the target is 0, and its places $from and $to in two tensors.
 */
export function overRuns(
  from: string,
  to: string,
  { before = [], pixel, behind = [] }: Body,
): string[] {
  const nextImage = mul(add(div("start", "cells"), 1), "cells");
  return [
    set("bytes", mul("attributes", 4)),
    set("wide", splat("scale")),
    loop("start", "first", "last", sub("end", "start"))(
      set("row", mul(div("start", "cells"), "bytes")),
      set("end", least("last", nextImage)),
      set("end", least("end", add("start", RUN))),
      set("bits_end", add("bits", mul("end", 4))),
      set("fours_end", sub("bits_end", mul(4, rem(sub("end", "start"), LANES)))),
      loop("a", 0, "bytes", 16)(
        set("wanted_4", load(add("wanted", "row", "a"))),
        set("weight", load(add("weights", "row", "a"))),
        set("from_0", add(from, mul("start", "bytes"), "a")),
        set("to_0", add(to, mul("start", "bytes"), "a")),
        ...before,
        loop("bit", add("bits", mul("start", 4)), "fours_end", 4 * LANES)(...atOnce(LANES, pixel)),
        loop("bit", "fours_end", "bits_end", 4)(...atOnce(1, pixel)),
        ...behind,
      ),
    ),
  ];
}

/** Some pixels at once: the first step of all, then the second, and so on. */
function atOnce(lanes: number, pixel: Body["pixel"]): string[] {
  const steps = range(lanes).map((lane) => [
    set(
      `outside_${lane}`,
      `(i32x4.eq ${ZEROS} (v128.and ${term("wanted_4")} (v128.load32_splat offset=${4 * lane} ${
        term("bit")
      })))`,
    ),
    ...pixel((name) => `${name}_${lane}`),
  ]);
  return [
    ...["from", "to"].flatMap((place) =>
      range(lanes - 1).map((lane) => set(`${place}_${lane + 1}`, add(`${place}_${lane}`, "bytes")))
    ),
    ...steps[0]!.flatMap((_, step) => steps.map((ofLane) => ofLane[step]!)),
    ...["from", "to"].map((place) => set(`${place}_0`, add(`${place}_${lanes - 1}`, "bytes"))),
  ];
}

/** What the expression is where the pixel's target is 1, and 0 elsewhere. */
export function masked(value: string, outside: string): string {
  return `(v128.andnot ${term(value)} ${term(outside)})`;
}
