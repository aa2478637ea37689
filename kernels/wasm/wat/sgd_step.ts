/**
 * The WebAssembly of stochastic gradient descent. `deno task wat` assembles it to `sgd_step.wasm`.
 *
 * v = momentum·v + (scale·g + decay·w); w = w − rate·v, for the numbers first..<last of w, v and g f32 [N],
 * which w and v are updated of in place. The factors, of which `negative_rate` is −rate, are the bits of f32.
 */

import { fused, moduleOf, set, times } from "./text.ts";
import { elementwise } from "./elementwise.ts";

const SGD_STEP = elementwise(
  "sgd_step",
  { arrays: ["w", "v", "g"], factors: ["scale", "momentum", "decay", "negative_rate"] },
  ["wide", "speed"],
  (read, write) => [
    set("wide", read("w")),
    set("speed", fused("decay_4", "wide", times("scale_4", read("g")))),
    set("speed", fused("momentum_4", read("v"), "speed")),
    write("v", "speed"),
    write("w", fused("negative_rate_4", "speed", "wide")),
  ],
);

export const sgdStepText: string = moduleOf(SGD_STEP);
