/**
 * The WebAssembly of the masks' cross entropy and Dice; part of `joint_loss.wasm`.
 *
 * Tensors are those of `wat/joint_loss.ts`, whose maps are logits here. Every piece takes the pixels
 * first..<last; within it, four attributes at once run through up to 64 pixels of one image.
 *
 * mask_entropy  sums f64 [pieces]: Σ weight · (max(x, 0) − x·z + log(1 + e^−|x|)), z the target; dmaps gets
 *               weight · scale · (σ(x) − z)
 * dice_sums     the same sums; dmaps gets σ(x); dice f64 [pieces, 3, A]: Σ w·p·z, Σ w·p, Σ w·z, p = σ(x)
 * dice_grad     dmaps holds p and gets weight · (scale · (p − z) + p·(1 − p) · (lead − z · slope)), lead and
 *               slope f32 [A]
 */

import { EXP_LOCALS, expOfMinus, logOf, ONES, SET_EXP_LOCALS } from "../exp_log.ts";
import { I32, masked, ofLanes, overRuns, V128 } from "../pixel_runs.ts";
import {
  add,
  clear,
  func,
  fused,
  halves,
  increase,
  load,
  minus,
  mul,
  plus,
  set,
  store,
  sub,
  sumOfTwo,
  term,
  times,
  ZEROS,
} from "../text.ts";

const addTo = (sum: string, value: string) => set(sum, `(f64x2.add ${term(sum)} ${value})`);
const minusFactor = set("minus_factor", `(f32x4.neg ${term("factor")})`);

/** The first where a mask is all ones, else the second; the mask is nothing else but zeros. */
const choose = (first: string, second: string, mask: string) =>
  `(i32x4.relaxed_laneselect ${term(first)} ${term(second)} ${term(mask)})`;

type Of = (name: string) => string;

/** At a pixel: adds to $sum and $product, and makes p. */
const entropy = (of: Of) => {
  const [x, e, power, r, p] = ["x", "e", "power", "r", "p"].map(of) as [
    ...[string, string, string, string, string],
  ];
  return [
    set(x, load(of("from"))),
    // pmax is one instruction where max is eight; of a NaN in its first place it makes a NaN too.
    set(r, minus(`(f32x4.pmax ${term(x)} ${ZEROS})`, masked(x, of("outside")))),
    set("sum", plus("sum", r)),
    ...expOfMinus(e, power, x, r),
    set(r, fused(e, power, "ones")),
    set("product", times("product", r)),
    set(e, times(e, power)),
    set(p, `(f32x4.div ${choose("ones", e, `(f32x4.ge ${term(x)} ${ZEROS})`)} ${term(r)})`),
  ];
};

/** Behind the pixels: adds the weighted loss to $total; a NaN is in $sum. */
const ADD_ENTROPY = [
  ...logOf("log", "product", "m", "s"),
  set("sum", times("weight", plus("sum", "log"))),
  ...halves("sum").map((half) => addTo("total", half)),
];

const STORE_TOTAL = `(f64.store ${add("sums", mul("piece", 8))} ${sumOfTwo("total")})`;

const TENSORS = ["maps", "bits", "wanted", "weights", "dmaps"];
const PIECE = ["cells", "attributes", "scale", "first", "last"];
const ENTROPY_V128 = [
  ...[...V128, ...EXP_LOCALS, ...ofLanes("x", "e", "power", "r", "p")],
  ...["sum", "product", "log", "m", "s", "total"],
];
const RESET = [set("sum", ZEROS), set("product", "ones")];

const MASK_ENTROPY = func("mask_entropy", [TENSORS, "sums", PIECE, "piece"], {
  i32: I32,
  v128: [ENTROPY_V128, "factor minus_factor"],
})(
  ...SET_EXP_LOCALS,
  ...overRuns("maps", "dmaps", {
    before: [...RESET, set("factor", times("weight", "wide")), minusFactor],
    pixel: (of) => [
      ...entropy(of),
      store(of("to"), fused("factor", of("p"), masked("minus_factor", of("outside")))),
    ],
    behind: ADD_ENTROPY,
  }),
  STORE_TOTAL,
);

const DICE = ["overlap", "found", "target"];

/** Adds four numbers' sums to those of the piece, f64 and so at twice their offset. */
const ADD_DICE = [
  set("at", add("dice", mul("piece", "bytes", 6), mul("a", 2))),
  set(
    "target",
    `(f32x4.convert_i32x4_s ${`(i32x4.add ${term("target")} (i32x4.splat ${
      sub("end", "start")
    }))`})`,
  ),
  ...DICE.flatMap((sum) => [
    set(sum, times("weight", sum)),
    ...halves(sum).map((half, i) =>
      store("at", `(f64x2.add ${load("at", 16 * i)} ${half})`, 16 * i)
    ),
    increase("at", mul("bytes", 2)),
  ]),
];

const DICE_SUMS = func("dice_sums", [TENSORS, "sums dice", PIECE, "piece"], {
  i32: [I32, "at"],
  v128: [ENTROPY_V128, DICE],
})(
  ...SET_EXP_LOCALS,
  clear(add("dice", mul("piece", "attributes", 24)), mul("attributes", 24)),
  ...overRuns("maps", "dmaps", {
    before: [...RESET, ...DICE.map((sum) => set(sum, ZEROS))],
    pixel: (of) => [
      ...entropy(of),
      store(of("to"), of("p")),
      set("overlap", plus("overlap", masked(of("p"), of("outside")))),
      set("found", plus("found", of("p"))),
      // Counts those outside: a mask of ones is −1.
      set("target", `(i32x4.add ${term("target")} ${term(of("outside"))})`),
    ],
    behind: [...ADD_ENTROPY, ...ADD_DICE],
  }),
  STORE_TOTAL,
);

/** The gradient is taken as p·(factor + c·(1 − p)) − z·factor, with c = weight · (lead − z · slope). */
const DICE_GRAD = func("dice_grad", ["bits wanted weights dmaps lead slope", PIECE], {
  i32: I32,
  v128: [V128, ofLanes("p", "c", "k"), "ones factor minus_factor c_of_0 c_of_1"],
})(
  set("ones", ONES),
  ...overRuns("dmaps", "dmaps", {
    before: [
      set("factor", times("weight", "wide")),
      minusFactor,
      set("c_of_0", times("weight", load(add("lead", "a")))),
      set("c_of_1", minus("c_of_0", times("weight", load(add("slope", "a"))))),
    ],
    pixel: (of) => [
      set(of("p"), load(of("to"))),
      set(of("c"), choose("c_of_0", "c_of_1", of("outside"))),
      set(of("k"), fused(of("c"), minus("ones", of("p")), "factor")),
      store(of("to"), fused(of("p"), of("k"), masked("minus_factor", of("outside")))),
    ],
  }),
);

export const MASK_ENTROPY_FUNCTIONS: readonly string[] = [MASK_ENTROPY, DICE_SUMS, DICE_GRAD];
