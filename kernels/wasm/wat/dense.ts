/**
 * The WebAssembly of a dense layer with few rows and many inputs. `deno task wat` assembles it to
 * `dense.wasm`.
 *
 * x f32 [rows, inputs], w f32 [inputs, outputs], dy f32 [rows, outputs]; outputs come in panels of 8.
 */

import {
  add,
  func,
  fused,
  increase,
  lines,
  load,
  loop,
  moduleOf,
  mul,
  plus,
  range,
  set,
  store,
  sub,
  swapped,
  term,
  when,
  ZEROS,
} from "./text.ts";
import { clearTile, ROWS, storeTile, TILE_BYTES, TILE_VECTORS, tileStep } from "./tiles.ts";

const tileRows = range(ROWS);

/**
 * parts [pieces][⌈rows / ROWS⌉·ROWS][outputs] = x · w over the inputs first..<last alone: one part for
 * each piece. Rows of a tile past the last repeat it.
 */
const DENSE = func("dense", "x w parts rows inputs panels first last piece", {
  i32: ["outputs row panel k g q to", tileRows.map((row) => `a${row}`)],
  v128: TILE_VECTORS,
})(
  set("outputs", mul("panels", TILE_BYTES)),
  set("to", `(i32.div_u ${add("rows", ROWS - 1)} (i32.const ${ROWS}))`),
  increase("parts", mul("piece", "to", ROWS, "outputs")),
  loop("row", 0, "rows", ROWS)(
    loop("panel", 0, "panels")(
      ...tileRows.flatMap((index) => [
        set("q", add("row", index)),
        when(`(i32.ge_u ${term("q")} ${term("rows")})`, set("q", sub("rows", 1))),
        set(`a${index}`, add("x", mul(add(mul("q", "inputs"), "first"), 4))),
      ]),
      set("g", add("w", mul("first", "outputs"), mul("panel", TILE_BYTES))),
      clearTile(),
      loop("k", "first", "last")(
        tileStep((index) => ({ address: `a${index}`, offset: 0 }), "g"),
        ...tileRows.map((index) => increase(`a${index}`, 4)),
        increase("g", "outputs"),
      ),
      set("to", add("parts", mul("row", "outputs"), mul("panel", TILE_BYTES))),
      storeTile("to", "outputs"),
    ),
  ),
);

/** y [vectors first..<last] = the sum of `count` parts that lie `stride` bytes apart. */
const ADD_PARTS = func("add_parts", "parts y count stride first last", {
  i32: "i part from",
  v128: "sum",
})(
  loop("i", "first", "last")(
    set("sum", ZEROS),
    set("from", add("parts", mul("i", 16))),
    loop("part", 0, "count")(set("sum", plus("sum", load("from"))), increase("from", "stride")),
    store(add("y", mul("i", 16)), "sum"),
  ),
);

/** dx [rows, inputs first..<last] = dy · wᵀ: a row of w is read once for all rows of dy. */
const DENSE_INPUT_GRAD = func("dense_input_grad", "dy w dx rows inputs outputs first last", {
  i32: "length k row d g n",
  v128: "sum",
})(
  set("length", mul("outputs", 4)),
  loop("k", "first", "last")(
    set("d", "dy"),
    set("g", add("w", mul("k", "length"))),
    loop("row", 0, "rows")(
      set("sum", ZEROS),
      loop("n", 0, "length", 16)(
        set("sum", fused(load(add("d", "n")), load(add("g", "n")), "sum")),
      ),
      set(
        "sum",
        plus(
          "sum",
          swapped("sum"),
        ),
      ),
      `(f32.store ${add("dx", mul(add(mul("row", "inputs"), "k"), 4))} (f32.add ${
        [0, 1].map((lane) => `(f32x4.extract_lane ${lane} ${term("sum")})`).join(" ")
      }))`,
      increase("d", "length"),
    ),
  ),
);

export const denseText: string = moduleOf(lines(DENSE, ADD_PARTS, DENSE_INPUT_GRAD));
