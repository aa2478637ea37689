/** The transforms of the filter and of its gradient for `wat/winograd.ts`. */

import {
  add,
  div,
  func,
  increase,
  lines,
  load,
  loop,
  mul,
  plus,
  range,
  set,
  store,
  term,
  ZEROS,
} from "../text.ts";
import { ROWS, TILE_BYTES } from "../tiles.ts";
import { POSITIONS, SIDE, TAPS } from "./squares.ts";
import {
  inBothDimensions,
  SET_FACTORS,
  transformFilter,
  transformFilterGradient,
  transformVectors,
} from "./transforms.ts";

/** g [3, 3, C, N] = Gᵀ (Σ over groups of `sums`) G, for the channels first..<last. */
export const WINOGRAD_FILTER_SUM: string = func(
  "winograd_filter_sum",
  "sums g groups channels panels first last",
  {
    i32: "outputs matrix size c n group from to tap",
    v128: [transformVectors(SIDE, TAPS), "total"],
  },
)(
  SET_FACTORS,
  set("outputs", mul("panels", TILE_BYTES)),
  set("matrix", mul(div(add("channels", ROWS - 1), ROWS), ROWS, "outputs")),
  set("size", mul("matrix", POSITIONS)),
  set("tap", mul("channels", "outputs")),
  loop("c", "first", "last")(
    loop("n", 0, "outputs", 16)(
      set("to", add("g", mul("c", "outputs"), "n")),
      inBothDimensions(
        transformFilterGradient,
        SIDE,
        TAPS,
        (i, j) =>
          `(block (result v128) ${
            lines(
              set("total", ZEROS),
              set("from", add("sums", mul("c", "outputs"), "n", mul("matrix", i * SIDE + j))),
              loop("group", 0, "groups")(
                set("total", plus("total", load("from"))),
                increase("from", "size"),
              ),
            )
          } ${term("total")})`,
        (_i, _j, value) => lines(store("to", value), increase("to", "tap")),
      ),
    ),
  ),
);

/**
 * u [POSITIONS][N / 8][K][8] = G g Gᵀ of every pair of channels, for the panels first..<last.
 *
 * Taps of the filter lie `tap` bytes apart from f on; a negative `tap`, with f at the last one, turns the
 * filter round. The number for inner channel k and outer channel n lies `inner` · k + `outer` · n bytes
 * further.
 */
export const WINOGRAD_FILTER: string = func(
  "winograd_filter",
  "f u tap inner outer channels panels first last",
  { i32: "panel k half from at to position", v128: [transformVectors(TAPS, SIDE), "four"] },
)(
  SET_FACTORS,
  set("position", mul("panels", "channels", TILE_BYTES)),
  loop("panel", "first", "last")(
    loop("k", 0, "channels")(
      loop("half", 0, 2)(
        set(
          "from",
          add("f", mul("k", "inner"), mul(add(mul("panel", 8), mul("half", 4)), "outer")),
        ),
        set("to", add("u", mul(add(mul("panel", "channels"), "k"), TILE_BYTES), mul("half", 16))),
        inBothDimensions(
          transformFilter,
          TAPS,
          SIDE,
          (i, j) =>
            `(block (result v128) ${
              lines(
                set("four", ZEROS),
                set("at", add("from", mul("tap", i * TAPS + j))),
                range(4).map((lane) =>
                  lines(
                    set("four", `(v128.load32_lane ${lane} ${term("at")} ${term("four")})`),
                    increase("at", "outer"),
                  )
                ),
              )
            } ${term("four")})`,
          (_i, _j, value) => lines(store("to", value), increase("to", "position")),
        ),
      ),
    ),
  ),
);
