/**
 * The WebAssembly of convolutions with 3x3 filters by Winograd's F(4x4, 3x3): a tile of 4x4 outputs takes
 * 36 products for each pair of channels instead of 144. `deno task wat` assembles it to `winograd.wasm`.
 *
 * The product ⊙ of `winograd/transforms.ts` becomes, for each of the 36 positions of a transformed tile,
 * a matrix product over channels, or over tiles for the gradient of the filter.
 *
 * A piece is a block of tiles whose transforms stay in the cache of the thread that works on it: its room
 * begins at `room` + thread · `stride`. `stride`, `bytes`, `outputs` and what is a `row` or a `position`
 * are in bytes, all other sizes are counts. Tiles are numbered through the images; those at the lower and
 * right edge may be cut.
 *
 * @module
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
  set,
  sub,
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
import { WINOGRAD_FILTER, WINOGRAD_FILTER_SUM } from "./winograd/filter.ts";
import { LOCATE_TILE, POSITIONS, SIDE, SQUARE_LOCALS } from "./winograd/squares.ts";
import { ROOM_LOCALS, SET_ROOM, TRANSFORM_DY, TRANSFORM_X, TRANSFORM_Y } from "./winograd/tiles.ts";
import { SET_FACTORS, transformVectors } from "./winograd/transforms.ts";

const rows = range(ROWS);

/**
 * y [B, OH, OW, N] = x [B, H, W, C] * f for the tiles first..<last, at most `block` (a multiple of ROWS).
 *
 * u       f32 [POSITIONS][N / 8][C][8]   from `winograd_filter`
 * border  zeros around x on each side
 * Room of a thread: f32 [POSITIONS, block, C + N] and a square of the larger of C and N.
 */
const WINOGRAD = func(
  "winograd",
  [
    "x u y room stride block height width border channels panels",
    "out_height out_width tiles_x tiles_of_image first last piece thread",
  ],
  {
    i32: [
      SQUARE_LOCALS,
      ROOM_LOCALS,
      "p panel g end fours base sums",
      rows.map((row) => `a${row}`),
    ],
    v128: [transformVectors(SIDE, SIDE), TILE_VECTORS],
  },
)(
  SET_FACTORS,
  SET_ROOM,
  set("count", sub("last", "first")),
  loop("index", 0, "count")(set("tile", add("first", "index")), LOCATE_TILE, TRANSFORM_X),
  set("g", "u"),
  loop("p", 0, POSITIONS)(
    loop("panel", 0, "panels")(
      set("base", "g"),
      loop("index", 0, "count", ROWS)(
        // The same panel again for the next rows.
        set("g", "base"),
        set("a0", add("v", mul("p", "position"), mul("index", "bytes"))),
        ...rows.slice(1).map((row) => set(`a${row}`, add(`a${row - 1}`, "bytes"))),
        set("end", add("a0", "bytes")),
        clearTile(),
        innerLoop("end", "bytes"),
        set(
          "sums",
          add("m", mul("p", "position_m"), mul("index", "outputs"), mul("panel", TILE_BYTES)),
        ),
        storeTile("sums", "outputs"),
      ),
    ),
  ),
  loop("index", 0, "count")(set("tile", add("first", "index")), LOCATE_TILE, TRANSFORM_Y),
);

/**
 * sums [groups][POSITIONS][⌈C / ROWS⌉·ROWS][N]: the transformed filter gradient of each group of `group`
 * tiles, for the groups first..<last. Groups are the same for any number of threads, and so are the sums.
 *
 * Room of a thread as for `winograd`.
 */
const WINOGRAD_FILTER_GRAD = func(
  "winograd_filter_grad",
  [
    "x dy sums room stride block height width channels panels",
    "out_height out_width tiles_x tiles_of_image tiles group first last piece thread",
  ],
  {
    i32: [SQUARE_LOCALS, ROOM_LOCALS, "border p panel part start stop a d target tall size k"],
    v128: [transformVectors(SIDE, SIDE), TILE_VECTORS],
  },
)(
  SET_FACTORS,
  SET_ROOM,
  // Tiles of rows that the channels fill, and the bytes of a group's sums.
  set("tall", div(add("channels", ROWS - 1), ROWS)),
  set("size", mul("tall", POSITIONS * ROWS, "outputs")),
  loop("part", "first", "last")(
    clear(add("sums", mul("part", "size")), "size"),
    set("stop", mul(add("part", 1), "group")),
    atMost("stop", "tiles"),
    loop("start", mul("part", "group"), "stop", "block")(
      set("count", sub("stop", "start")),
      atMost("count", "block"),
      loop("index", 0, "count")(
        set("tile", add("start", "index")),
        LOCATE_TILE,
        TRANSFORM_X,
        TRANSFORM_DY,
      ),
      set("target", add("sums", mul("part", "size"))),
      loop("p", 0, POSITIONS)(
        loop("k", 0, "tall")(
          loop("panel", 0, "panels")(
            set("to", add("target", mul("panel", TILE_BYTES))),
            loadTile("to", "outputs"),
            set("a", add("v", mul("p", "position"), mul("k", 4 * ROWS))),
            set("d", add("m", mul("p", "position_m"), mul("panel", TILE_BYTES))),
            loop("index", 0, "count")(
              tileStep((row) => ({ address: "a", offset: 4 * row }), "d"),
              increase("a", "bytes"),
              increase("d", "outputs"),
            ),
            set("to", add("target", mul("panel", TILE_BYTES))),
            storeTile("to", "outputs"),
          ),
          increase("target", mul("outputs", ROWS)),
        ),
      ),
    ),
  ),
);

export const winogradText: string = moduleOf(
  WINOGRAD,
  WINOGRAD_FILTER_GRAD,
  WINOGRAD_FILTER_SUM,
  WINOGRAD_FILTER,
);
