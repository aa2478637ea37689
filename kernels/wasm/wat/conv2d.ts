/**
 * The WebAssembly of convolutions (stride 1, no padding, NHWC) as matrix products without an im2col
 * buffer. `deno task wat` assembles it to `conv2d.wasm`.
 *
 * All sizes and strides that are not counts are in bytes. The last parameters are those of every threaded
 * kernel: the first of the piece's items and the one behind its last.
 */

import {
  add,
  atMost,
  clear,
  div,
  func,
  increase,
  loop,
  moduleOf,
  mul,
  range,
  rem,
  set,
  sub,
  term,
  when,
} from "./text.ts";
import {
  clearTile,
  innerLoop,
  loadTile,
  ROWS,
  storeTile,
  TILE_BYTES,
  TILE_VECTORS,
  tileStep,
} from "./tiles.ts";

const rows = range(ROWS);

/**
 * y [P, N] = windows of x [B, H, W, C] times f, for the pixels first..<last.
 *
 * f is laid out in panels [N / 8][KH·KW·C][8]. A window is `taps` runs of `run` bytes that lie `row` bytes
 * apart. Past the last of P pixels the last one is computed again.
 */
const CONV2D = func(
  "conv2d",
  "x f y pixels width area pixel row image taps run panels first last",
  {
    i32: [
      rows.flatMap((row) => [`p${row}`, `a${row}`, `y${row}`]),
      "q g panel tap end fours out tile",
    ],
    v128: TILE_VECTORS,
  },
)(
  loop("tile", "first", "last", ROWS)(
    // Where the windows of the tile's pixels begin, and where their sums go.
    ...rows.flatMap((row) => [
      set("q", add("tile", row)),
      when(`(i32.ge_u ${term("q")} ${term("pixels")})`, set("q", sub("pixels", 1))),
      set(`y${row}`, add("y", mul("q", "panels", TILE_BYTES))),
      set(
        `p${row}`,
        add(
          "x",
          mul(div("q", "area"), "image"),
          mul(div(rem("q", "area"), "width"), "row"),
          mul(rem(rem("q", "area"), "width"), "pixel"),
        ),
      ),
    ]),
    set("g", "f"),
    loop("panel", 0, "panels")(
      clearTile(),
      ...rows.map((row) => set(`a${row}`, `p${row}`)),
      loop("tap", 0, "taps")(
        set("end", add("a0", "run")),
        innerLoop("end", "run"),
        ...rows.map((row) => increase(`a${row}`, sub("row", "run"))),
      ),
      ...rows.map((row) =>
        [
          `(v128.store ${term(`y${row}`)} ${term(`c${row}0`)})`,
          `(v128.store offset=16 ${term(`y${row}`)} ${term(`c${row}1`)})`,
          increase(`y${row}`, TILE_BYTES),
        ].join("\n")
      ),
    ),
  ),
);

/**
 * g [KH, tiles·ROWS, N] = sums over all output pixels of x (window) times dy, for the tiles first..<last
 * of KH·tiles. dy is f32 [B, OH, OW, N] with N in panels of 8.
 *
 * Output rows are taken in blocks of `most`, whose dy stays in the cache for all of the piece's tiles.
 */
const FILTER_GRAD = func(
  "filter_grad",
  "x dy g batch height width pixel row image tiles panels most first last",
  { i32: "channels b top rows tile panel inside grad a d sums out i j", v128: TILE_VECTORS },
)(
  set("channels", mul("panels", TILE_BYTES)),
  clear(add("g", mul("first", ROWS, "channels")), mul(sub("last", "first"), ROWS, "channels")),
  loop("b", 0, "batch")(
    loop("top", 0, "height", "most")(
      set("rows", sub("height", "top")),
      atMost("rows", "most"),
      loop("tile", "first", "last")(
        set(
          "inside",
          add(
            "x",
            mul("b", "image"),
            mul(add("top", div("tile", "tiles")), "row"),
            mul(rem("tile", "tiles"), 4 * ROWS),
          ),
        ),
        set("grad", add("dy", mul(add(mul("b", "height"), "top"), "width", "channels"))),
        set("sums", add("g", mul("tile", ROWS, "channels"))),
        loop("panel", 0, "panels")(
          set("out", "sums"),
          loadTile("out", "channels"),
          set("a", "inside"),
          set("d", "grad"),
          loop("i", 0, "rows")(
            loop("j", 0, "width")(
              tileStep((row) => ({ address: "a", offset: 4 * row }), "d"),
              increase("a", "pixel"),
              increase("d", "channels"),
            ),
            increase("a", sub("row", mul("width", "pixel"))),
          ),
          set("out", "sums"),
          storeTile("out", "channels"),
          increase("sums", TILE_BYTES),
          increase("grad", TILE_BYTES),
        ),
      ),
    ),
  ),
);

export const conv2dText: string = moduleOf(CONV2D, FILTER_GRAD);
