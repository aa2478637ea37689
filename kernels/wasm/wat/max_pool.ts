/**
 * The WebAssembly of 2x2 max pooling without overlap or border, NHWC. `deno task wat` assembles it to
 * `max_pool.wasm`.
 *
 * x, dx f32 [B, H, W, C] and y, dy f32 [B, ⌊H / 2⌋, ⌊W / 2⌋, C], C a multiple of 4. Every piece takes the
 * rows first..<last of y, counted through the images.
 */

import {
  add,
  clear,
  div,
  func,
  increase,
  load,
  loop,
  moduleOf,
  mul,
  rem,
  set,
  store,
  sub,
  type Term,
  term,
  when,
} from "./text.ts";

const max = (a: Term, b: Term) => `(f32x4.max ${term(a)} ${term(b)})`;

/** The bytes of a pixel and of a row of x, and where the windows of row $i begin. */
const locate = (base: string) => [
  set("bytes", mul("channels", 4)),
  set("row", mul("width", "bytes")),
  set(
    "from",
    add(
      base,
      mul(
        add(mul(div("i", "out_height"), "height"), mul(rem("i", "out_height"), 2)),
        "row",
      ),
    ),
  ),
];

/** The four elements of a window whose first lies at $at + `offset` of a tensor like x. */
const window = (at: string): Term[] => [
  term(at),
  add(at, "bytes"),
  add(at, "row"),
  add(at, "row", "bytes"),
];

const MAX_POOL = func("max_pool", "x y height width channels out_height out_width first last", {
  i32: "i j c bytes row from to",
})(
  loop("i", "first", "last")(
    ...locate("x"),
    set("to", add("y", mul("i", "out_width", "bytes"))),
    loop("j", 0, "out_width")(
      loop("c", 0, "bytes", 16)(
        store(
          "to",
          window("from").map((at) => load(at)).reduce(max),
        ),
        increase("to", 16),
        increase("from", 16),
      ),
      increase("from", "bytes"),
    ),
  ),
);

/** Gives each window's gradient to its largest element, the first one if several are equal. */
const MAX_POOL_GRAD = func(
  "max_pool_grad",
  "x y dy dx height width channels out_height out_width first last",
  { i32: "i j c bytes row from to into", v128: "best grad hit" },
)(
  loop("i", "first", "last")(
    ...locate("x"),
    set("into", add("dx", sub("from", "x"))),
    set("to", mul("i", "out_width", "bytes")),
    loop("j", 0, "out_width")(
      loop("c", 0, "bytes", 16)(
        set("best", load(add("y", "to"))),
        set("grad", load(add("dy", "to"))),
        ...window("from").flatMap((at, index) => [
          set("hit", `(f32x4.eq ${load(at)} ${term("best")})`),
          store(window("into")[index]!, `(v128.and ${term("hit")} ${term("grad")})`),
          // What has been given away is zero for the elements after it.
          set("grad", `(v128.andnot ${term("grad")} ${term("hit")})`),
        ]),
        increase("to", 16),
        increase("from", 16),
        increase("into", 16),
      ),
      increase("from", "bytes"),
      increase("into", "bytes"),
    ),
    // A last column and a last row without a window pass nothing on.
    when(
      rem("width", 2),
      [0, 1].map((row) => clear(add("into", mul("row", row)), "bytes")).join("\n"),
    ),
    when(
      `(i32.and ${rem("height", 2)} (i32.eq ${rem(add("i", 1), "out_height")} (i32.const 0)))`,
      clear(add("dx", mul(add(div("i", "out_height"), 1), "height", "row"), sub(0, "row")), "row"),
    ),
  ),
);

export const maxPoolText: string = moduleOf(MAX_POOL, MAX_POOL_GRAD);
