/**
 * The WebAssembly of convolutions with 3x3 filters by Winograd's F(4x4, 3x3): a tile of 4x4 outputs takes
 * 36 products for each pair of channels instead of 144. `deno task wat` assembles it to `winograd.wasm`.
 *
 * The product ⊙ of `winograd_transforms.ts` becomes, for each of the 36 positions of a transformed tile,
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
  and,
  div,
  func,
  increase,
  lines,
  load,
  loop,
  moduleOf,
  mul,
  plus,
  range,
  rem,
  set,
  store,
  sub,
  type Term,
  term,
  when,
  ZEROS,
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
import {
  inBothDimensions,
  SET_FACTORS,
  transformFilter,
  transformFilterGradient,
  transformGradient,
  transformInput,
  transformOutput,
  transformVectors,
} from "./winograd_transforms.ts";

/** Side of the filter. */
const TAPS = 3;
/** Outputs on a side of a tile. */
export const OUTPUTS = 4;
/** Inputs, and positions after the transform, on a side of a tile. */
const SIDE = OUTPUTS + TAPS - 1;
/** Positions of a transformed tile. */
export const POSITIONS: number = SIDE * SIDE;

const rows = range(ROWS);

/** $image, and $top and $left of $tile's first output. */
const LOCATE_TILE = lines(
  set("image", div("tile", "tiles_of_image")),
  set("top", mul(div(rem("tile", "tiles_of_image"), "tiles_x"), OUTPUTS)),
  set("left", mul(rem(rem("tile", "tiles_of_image"), "tiles_x"), OUTPUTS)),
);

/** A square of pixels in a tensor [B, height, width, bytes], whose corner may lie outside of an image. */
interface Square {
  readonly side: number;
  readonly tensor: Term;
  readonly height: Term;
  readonly width: Term;
  /** Bytes of a pixel. */
  readonly bytes: Term;
  /** Rows and columns by which it begins before $top and $left. */
  readonly before: Term;
}

/** The address of the square's pixel i, j. */
function pixelOf({ tensor, height, width, bytes }: Square, i: Term, j: Term): string {
  const row = add(mul("image", height), "y0", i);
  return add(tensor, mul(add(mul(row, width), "x0", j), bytes));
}

/** Whether the square lies inside of its image; sets $y0 and $x0 to its corner. */
function locateSquare({ before, side, height, width }: Square): string {
  const reaches = (from: string, size: Term) => `(i32.le_s ${add(from, side)} ${term(size)})`;
  const begins = (from: string) => `(i32.ge_s ${term(from)} (i32.const 0))`;
  return lines(
    set("y0", sub("top", before)),
    set("x0", sub("left", before)),
    set(
      "inside",
      and(begins("y0"), begins("x0"), reaches("y0", height), reaches("x0", width)),
    ),
  );
}

/** Copies the pixels of the square that are inside of its image to $edge, or back. */
function copySquare(square: Square, direction: "to edge" | "from edge"): string {
  const inRange = (value: string, size: Term) => `(i32.lt_u ${value} ${term(size)})`;
  const pixel = pixelOf(square, "i", "j");
  const edge = add("edge", mul(add(mul("i", square.side), "j"), square.bytes));
  const [to, from] = direction === "to edge" ? [edge, pixel] : [pixel, edge];
  return loop(
    "i",
    0,
    square.side,
    1,
    when(
      inRange(add("y0", "i"), square.height),
      loop(
        "j",
        0,
        square.side,
        1,
        when(
          inRange(add("x0", "j"), square.width),
          `(memory.copy ${to} ${from} ${term(square.bytes)})`,
        ),
      ),
    ),
  );
}

/** $at and $row of the square in memory, or of a copy in $edge with zeros where there is no pixel. */
function readSquare(square: Square): string {
  const { side, width, bytes } = square;
  return lines(
    locateSquare(square),
    when(
      term("inside"),
      lines(set("at", pixelOf(square, 0, 0)), set("row", mul(width, bytes))),
      lines(
        `(memory.fill ${term("edge")} (i32.const 0) ${mul(bytes, side * side)})`,
        copySquare(square, "to edge"),
        set("at", "edge"),
        set("row", mul(bytes, side)),
      ),
    ),
  );
}

/** The address of pixel j in row i of what begins at $r<i>, the rows being set by {@linkcode setRows}. */
function inRow(i: number, j: number, bytes: string): Term {
  return j === 0 ? `r${i}` : add(`r${i}`, j === 1 ? bytes : `p${j}`);
}

/** $r<i>: where the rows of a square at $at begin; $p<j>: j pixels in bytes. */
function setRows(side: number, bytes: string): string {
  return lines(
    set("r0", "at"),
    range(side - 1).map((i) => set(`r${i + 1}`, add(`r${i}`, "row"))),
    range(side - 2).map((j) => set(`p${j + 2}`, mul(bytes, j + 2))),
  );
}

const SQUARE_LOCALS = [
  ...[
    "tile",
    "image",
    "top",
    "left",
    "y0",
    "x0",
    "inside",
    "at",
    "row",
    "i",
    "j",
    "c",
    "to",
    "edge",
  ],
  ...range(SIDE).map((i) => `r${i}`),
  ...range(SIDE - 2).map((j) => `p${j + 2}`),
];

const X: Square = {
  side: SIDE,
  tensor: "x",
  height: "height",
  width: "width",
  bytes: "bytes",
  before: "border",
};

/** Transforms $tile of x to number $index of each position, from $v on. */
const TRANSFORM_X = lines(
  readSquare(X),
  setRows(SIDE, "bytes"),
  loop(
    "c",
    0,
    "bytes",
    16,
    set("to", add("v", mul("index", "bytes"), "c")),
    inBothDimensions(
      transformInput,
      SIDE,
      SIDE,
      (i, j) => load(inRow(i, j, "bytes")),
      (_i, _j, value) => lines(store("to", value), increase("to", "position")),
    ),
    ...range(SIDE).map((i) => increase(`r${i}`, 16)),
  ),
);

/** The room of a thread: transforms of x from $v, of the other tensor from $m, and a square at $edge. */
const SET_ROOM = lines(
  set("bytes", mul("channels", 4)),
  set("outputs", mul("panels", TILE_BYTES)),
  set("position", mul("block", "bytes")),
  set("position_m", mul("block", "outputs")),
  set("v", add("room", mul("thread", "stride"))),
  set("m", add("v", mul("position", POSITIONS))),
  set("edge", add("m", mul("position_m", POSITIONS))),
);

const ROOM_LOCALS = ["bytes", "outputs", "position", "position_m", "v", "m", "index", "count"];

const Y: Square = {
  side: OUTPUTS,
  tensor: "y",
  height: "out_height",
  width: "out_width",
  bytes: "outputs",
  before: 0,
};

/** Transforms number $index of each position from $m back to $tile of y. */
const TRANSFORM_Y = lines(
  locateSquare(Y),
  when(
    term("inside"),
    lines(set("at", pixelOf(Y, 0, 0)), set("row", mul("out_width", "outputs"))),
    lines(set("at", "edge"), set("row", mul("outputs", OUTPUTS))),
  ),
  setRows(OUTPUTS, "outputs"),
  loop(
    "c",
    0,
    "outputs",
    16,
    set("to", add("m", mul("index", "outputs"), "c")),
    // Positions are read by columns: a column's rows lie SIDE positions apart.
    inBothDimensions(
      transformOutput,
      SIDE,
      OUTPUTS,
      (i, j) => load(add("to", mul("position_m", i * SIDE + j))),
      (i, j, value) => store(inRow(i, j, "outputs"), value),
    ),
    ...range(OUTPUTS).map((i) => increase(`r${i}`, 16)),
  ),
  when(`(i32.eqz ${term("inside")})`, copySquare(Y, "from edge")),
);

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
    ...[
      "x",
      "u",
      "y",
      "room",
      "stride",
      "block",
      "height",
      "width",
      "border",
      "channels",
      "panels",
    ],
    ...["out_height", "out_width", "tiles_x", "tiles_of_image", "first", "last", "piece", "thread"],
  ],
  {
    i32: [
      ...[...SQUARE_LOCALS, ...ROOM_LOCALS],
      ...["p", "panel", "g", "end", "fours", "base", "sums", ...rows.map((row) => `a${row}`)],
    ],
    v128: [...transformVectors(SIDE, SIDE), ...TILE_VECTORS],
  },
  SET_FACTORS,
  SET_ROOM,
  set("count", sub("last", "first")),
  loop("index", 0, "count", 1, set("tile", add("first", "index")), LOCATE_TILE, TRANSFORM_X),
  set("g", "u"),
  loop(
    "p",
    0,
    POSITIONS,
    1,
    loop(
      "panel",
      0,
      "panels",
      1,
      set("base", "g"),
      loop(
        "index",
        0,
        "count",
        ROWS,
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
  loop("index", 0, "count", 1, set("tile", add("first", "index")), LOCATE_TILE, TRANSFORM_Y),
);

const DY: Square = { ...Y, tensor: "dy" };

/** Transforms $tile of dy to number $index of each position, from $m on. */
const TRANSFORM_DY = lines(
  readSquare(DY),
  setRows(OUTPUTS, "outputs"),
  loop(
    "c",
    0,
    "outputs",
    16,
    set("to", add("m", mul("index", "outputs"), "c")),
    inBothDimensions(
      transformGradient,
      OUTPUTS,
      SIDE,
      (i, j) => load(inRow(i, j, "outputs")),
      (_i, _j, value) => lines(store("to", value), increase("to", "position_m")),
    ),
    ...range(OUTPUTS).map((i) => increase(`r${i}`, 16)),
  ),
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
    ...["x", "dy", "sums", "room", "stride", "block", "height", "width", "channels", "panels"],
    ...["out_height", "out_width", "tiles_x", "tiles_of_image", "tiles", "group"],
    ...["first", "last", "piece", "thread"],
  ],
  {
    i32: [
      ...[...SQUARE_LOCALS, ...ROOM_LOCALS],
      ...["border", "p", "panel", "part", "start", "stop", "a", "d", "target", "tall", "size", "k"],
    ],
    v128: [...transformVectors(SIDE, SIDE), ...TILE_VECTORS],
  },
  SET_FACTORS,
  SET_ROOM,
  // Tiles of rows that the channels fill, and the bytes of a group's sums.
  set("tall", div(add("channels", ROWS - 1), ROWS)),
  set("size", mul("tall", POSITIONS * ROWS, "outputs")),
  loop(
    "part",
    "first",
    "last",
    1,
    `(memory.fill ${add("sums", mul("part", "size"))} (i32.const 0) ${term("size")})`,
    set("stop", mul(add("part", 1), "group")),
    when(`(i32.gt_u ${term("stop")} ${term("tiles")})`, set("stop", "tiles")),
    loop(
      "start",
      mul("part", "group"),
      "stop",
      "block",
      set("count", sub("stop", "start")),
      when(`(i32.gt_u ${term("count")} ${term("block")})`, set("count", "block")),
      loop(
        "index",
        0,
        "count",
        1,
        set("tile", add("start", "index")),
        LOCATE_TILE,
        TRANSFORM_X,
        TRANSFORM_DY,
      ),
      set("target", add("sums", mul("part", "size"))),
      loop(
        "p",
        0,
        POSITIONS,
        1,
        loop(
          "k",
          0,
          "tall",
          1,
          loop(
            "panel",
            0,
            "panels",
            1,
            set("to", add("target", mul("panel", TILE_BYTES))),
            loadTile("to", "outputs"),
            set("a", add("v", mul("p", "position"), mul("k", 4 * ROWS))),
            set("d", add("m", mul("p", "position_m"), mul("panel", TILE_BYTES))),
            loop(
              "index",
              0,
              "count",
              1,
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

/** g [3, 3, C, N] = Gᵀ (Σ over groups of `sums`) G, for the channels first..<last. */
const WINOGRAD_FILTER_SUM = func(
  "winograd_filter_sum",
  ["sums", "g", "groups", "channels", "panels", "first", "last"],
  {
    i32: ["outputs", "matrix", "size", "c", "n", "group", "from", "to", "tap"],
    v128: [...transformVectors(SIDE, TAPS), "total"],
  },
  SET_FACTORS,
  set("outputs", mul("panels", TILE_BYTES)),
  set("matrix", mul(div(add("channels", ROWS - 1), ROWS), ROWS, "outputs")),
  set("size", mul("matrix", POSITIONS)),
  set("tap", mul("channels", "outputs")),
  loop(
    "c",
    "first",
    "last",
    1,
    loop(
      "n",
      0,
      "outputs",
      16,
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
              loop(
                "group",
                0,
                "groups",
                1,
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
const WINOGRAD_FILTER = func(
  "winograd_filter",
  ["f", "u", "tap", "inner", "outer", "channels", "panels", "first", "last"],
  {
    i32: ["panel", "k", "half", "from", "at", "to", "position"],
    v128: [...transformVectors(TAPS, SIDE), "four"],
  },
  SET_FACTORS,
  set("position", mul("panels", "channels", TILE_BYTES)),
  loop(
    "panel",
    "first",
    "last",
    1,
    loop(
      "k",
      0,
      "channels",
      1,
      loop(
        "half",
        0,
        2,
        1,
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

/** The module's text. */
export const winogradText: string = moduleOf(
  WINOGRAD,
  WINOGRAD_FILTER_GRAD,
  WINOGRAD_FILTER_SUM,
  WINOGRAD_FILTER,
);
