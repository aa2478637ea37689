/**
 * The WebAssembly of the masks' cross entropy and Dice; part of `joint_loss.wasm`.
 *
 * Tensors are those of `joint_loss_text.ts`, whose maps are logits here. Every piece takes the pixels
 * first..<last; within it, four attributes at once run through up to 64 pixels of one image.
 *
 * mask_entropy  sums f64 [pieces]: Σ weight · (max(x, 0) − x·z + log(1 + e^−|x|)), z the target; dmaps gets
 *               weight · scale · (σ(x) − z)
 * dice_sums     the same sums; dmaps gets σ(x); dice f64 [pieces, 3, A]: Σ w·p·z, Σ w·p, Σ w·z, p = σ(x)
 * dice_grad     dmaps holds p and gets weight · (scale · (p − z) + p·(1 − p) · (lead − z · slope)), lead and
 *               slope f32 [A]
 *
 * @module
 */

import { expOfMinus, logOf } from "./exp_log_text.ts";
import { I32, masked, overRuns, V128 } from "./pixel_runs.ts";
import {
  add,
  func,
  fused,
  increase,
  load,
  minus,
  mul,
  plus,
  set,
  store,
  term,
  times,
  ZEROS,
} from "./text.ts";

/** Four numbers f32 as two times two f64. */
const halves = (value: string) => [
  `(f64x2.promote_low_f32x4 ${term(value)})`,
  `(f64x2.promote_low_f32x4 (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${term(value)} ${
    term(value)
  }))`,
];

const addTo = (sum: string, value: string) => set(sum, `(f64x2.add ${term(sum)} ${value})`);

/** At a pixel: adds to $sum and $product, and makes $p. */
const ENTROPY = [
  set("x", load("from")),
  ...expOfMinus("e", "x", "n", "r"),
  set("n", plus("e", "ones")),
  set("product", times("product", "n")),
  set("sum", plus("sum", minus(`(f32x4.max ${term("x")} ${ZEROS})`, masked("x")))),
  set(
    "p",
    `(f32x4.div (v128.bitselect ${term("ones")} ${term("e")} (f32x4.ge ${term("x")} ${ZEROS})) ${
      term("n")
    })`,
  ),
];

/** Behind the pixels: adds the weighted loss to $total; a NaN is in $sum. */
const ADD_ENTROPY = [
  ...logOf("e", "product", "n", "r"),
  set("sum", times("weight", plus("sum", "e"))),
  ...halves("sum").map((half) => addTo("total", half)),
];

const STORE_TOTAL = `(f64.store ${add("sums", mul("piece", 8))} (f64.add ${
  [0, 1].map((lane) => `(f64x2.extract_lane ${lane} ${term("total")})`).join(" ")
}))`;

const TENSORS = ["maps", "bits", "wanted", "weights", "dmaps"];
const PIECE = ["cells", "attributes", "scale", "first", "last"];
const VALUES = ["x", "e", "n", "r", "p", "sum", "product", "total"];
const RESET = [set("sum", ZEROS), set("product", "ones")];

const MASK_ENTROPY = func(
  "mask_entropy",
  [...TENSORS, "sums", ...PIECE, "piece"],
  { i32: I32, v128: [...V128, "factor", ...VALUES] },
  ...overRuns("maps", "dmaps", {
    before: [...RESET, set("factor", times("weight", "wide"))],
    pixel: [...ENTROPY, store("to", times("factor", minus("p", masked("ones"))))],
    behind: ADD_ENTROPY,
  }),
  STORE_TOTAL,
);

const DICE = ["overlap", "found", "target"];

/** Adds four numbers' sums to those of the piece, f64 and so at twice their offset. */
const ADD_DICE = [
  set("at", add("dice", mul("piece", "bytes", 6), mul("a", 2))),
  ...DICE.flatMap((sum) => [
    set(sum, times("weight", sum)),
    ...halves(sum).map((half, i) =>
      store("at", `(f64x2.add ${load("at", 16 * i)} ${half})`, 16 * i)
    ),
    increase("at", mul("bytes", 2)),
  ]),
];

const DICE_SUMS = func(
  "dice_sums",
  [...TENSORS, "sums", "dice", ...PIECE, "piece"],
  { i32: [...I32, "at"], v128: [...V128, ...VALUES, ...DICE] },
  `(memory.fill ${add("dice", mul("piece", "attributes", 24))} (i32.const 0) ${
    mul("attributes", 24)
  })`,
  ...overRuns("maps", "dmaps", {
    before: [...RESET, ...DICE.map((sum) => set(sum, ZEROS))],
    pixel: [
      ...ENTROPY,
      store("to", "p"),
      set("overlap", plus("overlap", masked("p"))),
      set("found", plus("found", "p")),
      set("target", plus("target", masked("ones"))),
    ],
    behind: [...ADD_ENTROPY, ...ADD_DICE],
  }),
  STORE_TOTAL,
);

const DICE_GRAD = func(
  "dice_grad",
  ["bits", "wanted", "weights", "dmaps", "lead", "slope", ...PIECE],
  { i32: I32, v128: [...V128, "factor", "up", "down", "p"] },
  ...overRuns("dmaps", "dmaps", {
    before: [
      set("factor", times("weight", "wide")),
      set("up", times("weight", load(add("lead", "a")))),
      set("down", times("weight", load(add("slope", "a")))),
    ],
    pixel: [
      set("p", load("to")),
      store(
        "to",
        fused(
          times("p", minus("ones", "p")),
          minus("up", masked("down")),
          times("factor", minus("p", masked("ones"))),
        ),
      ),
    ],
  }),
);

/** The functions. */
export const MASK_ENTROPY_FUNCTIONS: readonly string[] = [MASK_ENTROPY, DICE_SUMS, DICE_GRAD];
