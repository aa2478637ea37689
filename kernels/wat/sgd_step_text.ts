/**
 * The WebAssembly of the optimiser's update. `deno task wat` assembles it to `sgd_step.wasm`.
 *
 * v = momentum·v + (g + decay·w); w = w − rate·v, for the numbers first..<last of w, v and g f32 [N], which
 * w and v are updated of in place. `momentum`, `decay` and `negative_rate` (−rate) are the bits of f32.
 *
 * @module
 */

import { add, func, fused, load, loop, moduleOf, mul, set, store, sub, term } from "./text.ts";

const FACTORS = ["momentum", "decay", "negative_rate"];

/** A number alone, as four of them. */
const one = (address: string) => `(v128.load32_zero ${address})`;
const storeOne = (address: string, value: string) =>
  `(v128.store32_lane 0 ${address} ${term(value)})`;

const update = (
  read: (address: string) => string,
  write: (address: string, value: string) => string,
) => [
  set("at", mul("i", 4)),
  set("wide", read(add("w", "at"))),
  set(
    "speed",
    fused("momentum_4", read(add("v", "at")), fused("decay_4", "wide", read(add("g", "at")))),
  ),
  write(add("v", "at"), "speed"),
  set("wide", fused("negative_rate_4", "speed", "wide")),
  write(add("w", "at"), "wide"),
];

const SGD_STEP = func(
  "sgd_step",
  ["w", "v", "g", ...FACTORS, "first", "last"],
  { i32: ["i", "at"], v128: [...FACTORS.map((name) => `${name}_4`), "wide", "speed"] },
  ...FACTORS.map((name) => set(`${name}_4`, `(f32x4.splat (f32.reinterpret_i32 ${term(name)}))`)),
  loop(
    "i",
    "first",
    sub("last", 3),
    4,
    ...update((address) => load(address), (address, value) => store(address, value)),
  ),
  loop("i", "i", "last", 1, ...update(one, storeOne)),
);

/** The module's text. */
export const sgdStepText: string = moduleOf(SGD_STEP);
