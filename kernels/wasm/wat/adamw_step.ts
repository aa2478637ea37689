/**
 * The WebAssembly of AdamW. `deno task wat` assembles it to `adamw_step.wasm`.
 *
 * m = beta1·m + (1 − beta1)·x; v = beta2·v + (1 − beta2)·x²; w = keep·w − size·m / (root·√v + epsilon), with
 * x = scale·g, for the numbers first..<last of w, m, v and g f32 [N], the first three updated in place. The
 * factors, of which `rest` are 1 − beta, are the bits of f32.
 */

import { fused, minus, moduleOf, set, term, times } from "./text.ts";
import { elementwise } from "./elementwise.ts";

const FACTORS = ["scale", "keep", "beta1", "rest1", "beta2", "rest2", "size", "root", "epsilon"];

const squareRoot = (value: string) => `(f32x4.sqrt ${term(value)})`;
const quotient = (a: string, b: string) => `(f32x4.div ${term(a)} ${term(b)})`;

const ADAMW_STEP = elementwise(
  "adamw_step",
  { arrays: ["w", "m", "v", "g"], factors: FACTORS },
  ["x", "mean", "square"],
  (read, write) => [
    set("x", times("scale_4", read("g"))),
    set("mean", fused("beta1_4", read("m"), times("rest1_4", "x"))),
    write("m", "mean"),
    set("square", fused("beta2_4", read("v"), times("rest2_4", times("x", "x")))),
    write("v", "square"),
    set("square", fused("root_4", squareRoot("square"), "epsilon_4")),
    set("mean", quotient(times("size_4", "mean"), "square")),
    write("w", minus(times("keep_4", read("w")), "mean")),
  ],
);

export const adamWStepText: string = moduleOf(ADAMW_STEP);
