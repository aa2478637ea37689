/**
 * The WebAssembly of convolutions with 3x3 filters by Winograd's F(2x2, 3x3): a tile of 2x2 outputs takes
 * 16 products for each pair of channels instead of 36. `deno task wat` assembles it to `winograd.wasm`.
 *
 * With d the 4x4 inputs of a tile, g the filter and e the gradient of its 2x2 outputs:
 *   result            Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
 *   filter gradient   Gᵀ [Σ (A e Aᵀ) ⊙ (Bᵀ d B)] G      the derivative of the line above
 * where ⊙ becomes, for each of the 16 positions, a matrix product over channels or over tiles.
 *
 * A piece is a block of tiles whose transforms stay in the cache of the thread that works on it: it lies
 * at `room` + thread · `stride`. Sizes are counts unless said otherwise. Tiles are numbered through the
 * images; those at the lower and right edge may be cut.
 *
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016).
 *
 * @module
 */

import {
  add,
  and,
  div,
  func,
  increase,
  less,
  lines,
  load,
  loop,
  minus,
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
  times,
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

const rows = range(ROWS);
const four = range(4);

/** $image, $ty and $tx of a tile. */
function locateTile(tile: string): string {
  return lines(
    set("image", div(tile, "tiles_of_image")),
    set("ty", div(rem(tile, "tiles_of_image"), "tiles_x")),
    set("tx", rem(rem(tile, "tiles_of_image"), "tiles_x")),
  );
}

/** Bᵀ d B of four channels: d at the addresses `pixel(i, j)`, to 16 places `step` bytes apart from $to. */
function inputVectors(pixel: (i: number, j: number) => Term, step: string): string {
  const name = (i: number, j: number) => `d${i}${j}`;
  const column = (j: number) =>
    lines(
      ...four.map((i) => set(`e${i}`, load(pixel(i, j)))),
      set(name(0, j), minus("e0", "e2")),
      set(name(1, j), plus("e1", "e2")),
      set(name(2, j), minus("e2", "e1")),
      set(name(3, j), minus("e1", "e3")),
    );
  const row = (i: number) => {
    const [a, b, c, d] = four.map((j) => name(i, j)) as [string, string, string, string];
    return [minus(a, c), plus(b, c), minus(c, b), minus(b, d)]
      .map((value) => lines(store("to", value), increase("to", step)));
  };
  return lines(...four.map(column), ...four.flatMap(row));
}

/**
 * Transforms the inputs of $tile to $v + $at · $bytes of each of the 16 positions, which lie $position
 * bytes apart. Inputs outside the image are zero: a tile at the edge is copied to $edge first.
 */
function transformInput(): string {
  const inside = and(
    `(i32.ge_s ${term("y0")} (i32.const 0))`,
    `(i32.ge_s ${term("x0")} (i32.const 0))`,
    `(i32.le_s ${add("y0", 4)} ${term("height")})`,
    `(i32.le_s ${add("x0", 4)} ${term("width")})`,
  );
  const inRange = (value: string, size: string) => `(i32.lt_u ${value} ${term(size)})`;
  const pixelAt = (y: Term, x: Term) =>
    add("x", mul(add(mul(add(mul("image", "height"), y), "width"), x), "bytes"));
  const copyEdge = lines(
    `(memory.fill ${term("edge")} (i32.const 0) ${mul("bytes", 16)})`,
    loop(
      "i",
      0,
      4,
      1,
      when(
        inRange(add("y0", "i"), "height"),
        loop(
          "j",
          0,
          4,
          1,
          when(
            inRange(add("x0", "j"), "width"),
            `(memory.copy ${add("edge", mul(add(mul("i", 4), "j"), "bytes"))} ${
              pixelAt(add("y0", "i"), add("x0", "j"))
            } ${term("bytes")})`,
          ),
        ),
      ),
    ),
    set("r0", "edge"),
    set("row", mul("bytes", 4)),
  );
  return lines(
    locateTile("tile"),
    set("y0", sub(mul("ty", 2), "border")),
    set("x0", sub(mul("tx", 2), "border")),
    when(
      inside,
      lines(set("r0", pixelAt("y0", "x0")), set("row", mul("width", "bytes"))),
      copyEdge,
    ),
    set("r1", add("r0", "row")),
    set("r2", add("r1", "row")),
    set("r3", add("r2", "row")),
    set("p2", mul("bytes", 2)),
    set("p3", mul("bytes", 3)),
    loop(
      "c",
      0,
      "bytes",
      16,
      set("to", add("v", mul("at", "bytes"), "c")),
      inputVectors(
        (i, j) => j === 0 ? `r${i}` : add(`r${i}`, j === 1 ? "bytes" : `p${j}`),
        "position",
      ),
      ...four.map((i) => increase(`r${i}`, 16)),
    ),
  );
}

const INPUT_LOCALS = {
  i32: [
    ...["tile", "at", "bytes", "position", "v", "edge", "image", "ty", "tx", "y0", "x0", "row"],
    ...["r0", "r1", "r2", "r3", "p2", "p3", "c", "to", "i", "j"],
  ],
  v128: [...four.map((i) => `e${i}`), ...four.flatMap((i) => four.map((j) => `d${i}${j}`))],
};

/** Aᵀ m A of four channels, from 16 places $position_m bytes apart from $from, to the tile's outputs. */
function outputVectors(): string {
  const column = (j: number) =>
    lines(
      ...four.map((i) => set(`e${i}`, load(`m${i}`, 0))).map((line, i) =>
        lines(line, increase(`m${i}`, "position_m"))
      ),
      set(`d0${j}`, plus(plus("e0", "e1"), "e2")),
      set(`d1${j}`, minus(minus("e1", "e2"), "e3")),
    );
  const left = (i: number) => plus(plus(`d${i}0`, `d${i}1`), `d${i}2`);
  const right = (i: number) => minus(minus(`d${i}1`, `d${i}2`), `d${i}3`);
  return lines(
    // m<i> begins at the first position of row i.
    set("m0", "from"),
    ...[1, 2, 3].map((i) => set(`m${i}`, add(`m${i - 1}`, mul("position_m", 4)))),
    ...four.map(column),
    store("out", left(0)),
    when(term("has_right"), store(add("out", "outputs"), right(0))),
    when(
      term("has_lower"),
      lines(
        store(add("out", "out_row"), left(1)),
        when(term("has_right"), store(add("out", "out_row", "outputs"), right(1))),
      ),
    ),
  );
}

/** Whether $tile's right column and lower row exist, and where its first output lies in `base`. */
function locateOutput(base: string): string {
  return lines(
    locateTile("tile"),
    set("has_right", less(add(mul("tx", 2), 1), "out_width")),
    set("has_lower", less(add(mul("ty", 2), 1), "out_height")),
    set(
      "out",
      add(
        base,
        mul(
          add(mul(add(mul("image", "out_height"), mul("ty", 2)), "out_width"), mul("tx", 2)),
          "outputs",
        ),
      ),
    ),
  );
}

/**
 * y [B, OH, OW, N] = x [B, H, W, C] * f for the tiles first..<last, at most `block` (a multiple of ROWS).
 *
 * u       f32 [16][N / 8][C][8]   from `winograd_filter`
 * border  zeros around x on each side
 * `room` of a thread: f32 [16, block, C], [16, block, N], [16, C].
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
    ...["out_height", "out_width", "tiles_x", "tiles_of_image", "first", "last", "chunk", "thread"],
  ],
  {
    i32: [
      ...INPUT_LOCALS.i32,
      ...["m", "outputs", "position_m", "count", "p", "panel", "g", "end", "fours", "base", "sums"],
      ...["has_right", "has_lower", "out", "out_row", "from", "m0", "m1", "m2", "m3"],
      ...rows.map((row) => `a${row}`),
    ],
    v128: [...INPUT_LOCALS.v128, ...TILE_VECTORS],
  },
  set("bytes", mul("channels", 4)),
  set("outputs", mul("panels", TILE_BYTES)),
  set("position", mul("block", "bytes")),
  set("position_m", mul("block", "outputs")),
  set("v", add("room", mul("thread", "stride"))),
  set("m", add("v", mul("position", 16))),
  set("edge", add("m", mul("position_m", 16))),
  set("count", sub("last", "first")),
  loop("at", 0, "count", 1, set("tile", add("first", "at")), transformInput()),
  set("g", "u"),
  loop(
    "p",
    0,
    16,
    1,
    loop(
      "panel",
      0,
      "panels",
      1,
      loop(
        "at",
        0,
        "count",
        ROWS,
        set("a0", add("v", mul("p", "position"), mul("at", "bytes"))),
        ...rows.slice(1).map((row) => set(`a${row}`, add(`a${row - 1}`, "bytes"))),
        set("base", "g"),
        set("end", add("a0", "bytes")),
        clearTile(),
        innerLoop("end", "bytes"),
        set(
          "sums",
          add("m", mul("p", "position_m"), mul("at", "outputs"), mul("panel", TILE_BYTES)),
        ),
        storeTile("sums", "outputs"),
        // The same panel again for the next rows.
        set("g", "base"),
      ),
      increase("g", mul("channels", TILE_BYTES)),
    ),
  ),
  set("out_row", mul("out_width", "outputs")),
  loop(
    "at",
    0,
    "count",
    1,
    set("tile", add("first", "at")),
    locateOutput("y"),
    set("from", add("m", mul("at", "outputs"))),
    loop("c", 0, "outputs", 16, outputVectors(), increase("from", 16), increase("out", 16)),
  ),
);

/** A e Aᵀ of four channels of $tile's output gradient at $out, to 16 places $position_m bytes apart. */
function gradientVectors(): string {
  const pixel = (condition: string, address: string) =>
    `(if (result v128) ${condition} (then ${load(address)}) (else ${ZEROS}))`;
  const right = term("has_right");
  const lower = term("has_lower");
  // Rows of A e: the first, the sum, the difference, minus the second.
  const spread = (a: string, b: string) => [
    term(a),
    plus(a, b),
    minus(a, b),
    `(f32x4.neg ${term(b)})`,
  ];
  return lines(
    set("e0", load("out")),
    set("e1", pixel(right, add("out", "outputs"))),
    set("e2", pixel(lower, add("out", "out_row"))),
    set("e3", pixel(and(right, lower), add("out", "out_row", "outputs"))),
    ...spread("e0", "e2").map((value, i) => set(`d${i}0`, value)),
    ...spread("e1", "e3").map((value, i) => set(`d${i}1`, value)),
    ...four.flatMap((i) =>
      spread(`d${i}0`, `d${i}1`).map((value) =>
        lines(store("to", value), increase("to", "position_m"))
      )
    ),
  );
}

/**
 * sums [groups][16][⌈C / ROWS⌉·ROWS][N]: the transformed filter gradient of each group of `group` tiles,
 * for the groups first..<last. Groups are the same for any number of threads, and so are the sums.
 *
 * `room` of a thread: f32 [16, block, C], [16, block, N], [16, C].
 */
const WINOGRAD_FILTER_GRAD = func(
  "winograd_filter_grad",
  [
    ...["x", "dy", "sums", "room", "stride", "block", "height", "width", "channels", "panels"],
    ...["out_height", "out_width", "tiles_x", "tiles_of_image", "tiles", "group"],
    ...["first", "last", "chunk", "thread"],
  ],
  {
    i32: [
      ...INPUT_LOCALS.i32,
      ...["border", "m", "outputs", "position_m", "count", "p", "panel", "index", "start", "stop"],
      ...["has_right", "has_lower", "out", "out_row", "a", "d", "end", "target", "tall", "k"],
    ],
    v128: [...INPUT_LOCALS.v128, ...TILE_VECTORS],
  },
  set("bytes", mul("channels", 4)),
  set("outputs", mul("panels", TILE_BYTES)),
  set("out_row", mul("out_width", "outputs")),
  set("position", mul("block", "bytes")),
  set("position_m", mul("block", "outputs")),
  set("v", add("room", mul("thread", "stride"))),
  set("m", add("v", mul("position", 16))),
  set("edge", add("m", mul("position_m", 16))),
  // Tiles of rows that the channels fill.
  set("tall", div(add("channels", ROWS - 1), ROWS)),
  loop(
    "index",
    "first",
    "last",
    1,
    `(memory.fill ${add("sums", mul("index", 16 * ROWS, "tall", "outputs"))} (i32.const 0) ${
      mul("tall", 16 * ROWS, "outputs")
    })`,
    set("stop", mul(add("index", 1), "group")),
    when(`(i32.gt_u ${term("stop")} ${term("tiles")})`, set("stop", "tiles")),
    loop(
      "start",
      mul("index", "group"),
      "stop",
      "block",
      set("count", sub("stop", "start")),
      when(`(i32.gt_u ${term("count")} ${term("block")})`, set("count", "block")),
      loop(
        "at",
        0,
        "count",
        1,
        set("tile", add("start", "at")),
        transformInput(),
        locateOutput("dy"),
        loop(
          "c",
          0,
          "outputs",
          16,
          set("to", add("m", mul("at", "outputs"), "c")),
          gradientVectors(),
          increase("out", 16),
        ),
      ),
      set("target", add("sums", mul("index", 16 * ROWS, "tall", "outputs"))),
      loop(
        "p",
        0,
        16,
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
              "at",
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

const HALF = "(v128.const f32x4 0.5 0.5 0.5 0.5)";

/** Gᵀ s of four numbers: three of them, as expressions. */
function shrink(s: readonly string[]): [string, string, string] {
  const [a, b, c, d] = s as [string, string, string, string];
  const sum = times(HALF, plus(b, c));
  return [plus(a, sum), times(HALF, minus(b, c)), plus(sum, d)];
}

/**
 * g [3, 3, C, N] = Gᵀ (Σ over groups of `sums`) G, for the channels first..<last.
 */
const WINOGRAD_FILTER_SUM = func(
  "winograd_filter_sum",
  ["sums", "g", "groups", "channels", "panels", "first", "last"],
  {
    i32: ["outputs", "tall", "c", "n", "group", "from", "to", "tap"],
    v128: four.flatMap((i) => four.map((j) => `d${i}${j}`)),
  },
  set("outputs", mul("panels", TILE_BYTES)),
  set("tall", mul(div(add("channels", ROWS - 1), ROWS), ROWS, "outputs")),
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
      ...four.flatMap((i) => four.map((j) => set(`d${i}${j}`, ZEROS))),
      set("from", add("sums", mul("c", "outputs"), "n")),
      loop(
        "group",
        0,
        "groups",
        1,
        ...four.flatMap((i) =>
          four.map((j) =>
            lines(set(`d${i}${j}`, plus(`d${i}${j}`, load("from"))), increase("from", "tall"))
          )
        ),
      ),
      // Columns first, in place: rows 0 to 2 then hold Gᵀ s.
      ...four.flatMap((j) => {
        const [a, b, c] = shrink(four.map((i) => `d${i}${j}`));
        return [`${a}\n${b}\n${c}`, ...[2, 1, 0].map((i) => `(local.set $d${i}${j})`)];
      }),
      set("to", add("g", mul("c", "outputs"), "n")),
      ...[0, 1, 2].flatMap((i) =>
        shrink(four.map((j) => `d${i}${j}`)).map((value) =>
          lines(store("to", value), increase("to", "tap"))
        )
      ),
    ),
  ),
);

/**
 * u [16][N / 8][K][8] = G g Gᵀ of every pair of channels, for the panels first..<last.
 *
 * The filter's tap t lies at f + taps[t]: `tap` bytes apart from tap `start` (0, or −8 · `tap` from the
 * last one, which turns the filter round). Its number for inner channel k and outer channel n lies `inner`
 * · k + `outer` · n bytes further.
 */
const WINOGRAD_FILTER = func(
  "winograd_filter",
  ["f", "u", "tap", "inner", "outer", "count", "panels", "first", "last"],
  {
    i32: ["panel", "k", "half", "from", "at", "to", "position"],
    v128: [
      ...range(3).flatMap((i) => range(3).map((j) => `g${i}${j}`)),
      ...four.flatMap((i) => range(3).map((j) => `d${i}${j}`)),
      ...four.map((j) => `e${j}`),
      ...["s", "t"],
    ],
  },
  set("position", mul("panels", "count", TILE_BYTES)),
  loop(
    "panel",
    "first",
    "last",
    1,
    loop(
      "k",
      0,
      "count",
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
        ...range(3).flatMap((i) =>
          range(3).map((j) =>
            lines(
              set("at", "from"),
              set(`g${i}${j}`, ZEROS),
              four.map((lane) =>
                lines(
                  set(
                    `g${i}${j}`,
                    `(v128.load32_lane ${lane} ${term("at")} ${term(`g${i}${j}`)})`,
                  ),
                  increase("at", "outer"),
                )
              ),
              increase("from", "tap"),
            )
          )
        ),
        ...range(3).flatMap((j) =>
          spreadFilter(range(3).map((i) => `g${i}${j}`), (i) => `d${i}${j}`)
        ),
        set("to", add("u", mul(add(mul("panel", "count"), "k"), TILE_BYTES), mul("half", 16))),
        ...four.flatMap((i) => [
          ...spreadFilter(range(3).map((j) => `d${i}${j}`), (j) => `e${j}`),
          ...four.map((j) => lines(store("to", `e${j}`), increase("to", "position"))),
        ]),
      ),
    ),
  ),
);

/** G g of three numbers, assigned to four names. */
function spreadFilter(g: readonly string[], name: (index: number) => string): string[] {
  const [a, b, c] = g as [string, string, string];
  return [
    set("s", times(HALF, plus(a, c))),
    set("t", times(HALF, term(b))),
    set(name(0), a),
    set(name(1), plus("s", "t")),
    set(name(2), minus("s", "t")),
    set(name(3), c),
  ];
}

/** The module's text. */
export const winogradText: string = moduleOf(
  WINOGRAD,
  WINOGRAD_FILTER_GRAD,
  WINOGRAD_FILTER_SUM,
  WINOGRAD_FILTER,
);
