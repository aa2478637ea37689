/** The transforms of a tile between its tensor and the room of a thread of `wat/winograd.ts`. */

import { add, increase, lines, load, loop, mul, range, set, store, term, when } from "../text.ts";
import { TILE_BYTES } from "../tiles.ts";
import {
  copySquare,
  inRow,
  locateSquare,
  OUTPUTS,
  pixelOf,
  POSITIONS,
  readSquare,
  setRows,
  SIDE,
  type Square,
} from "./squares.ts";
import {
  inBothDimensions,
  transformGradient,
  transformInput,
  transformOutput,
} from "./transforms.ts";

const X = {
  side: SIDE,
  tensor: "x",
  height: "height",
  width: "width",
  bytes: "bytes",
  before: "border",
};

/** A transform of a tile's square to number $index of each position, `position` bytes apart from `room` on. */
function transformSquare(
  square: Square & { readonly bytes: string },
  map: typeof transformInput,
  room: string,
  position: string,
): string {
  const { side, bytes } = square;
  return lines(
    readSquare(square),
    setRows(side, bytes),
    loop("c", 0, bytes, 16)(
      set("to", add(room, mul("index", bytes), "c")),
      inBothDimensions(
        map,
        side,
        SIDE,
        (i, j) => load(inRow(i, j, bytes)),
        (_i, _j, value) => lines(store("to", value), increase("to", position)),
      ),
      ...range(side).map((i) => increase(`r${i}`, 16)),
    ),
  );
}

/** Transforms $tile of x to number $index of each position, from $v on. */
export const TRANSFORM_X: string = transformSquare(X, transformInput, "v", "position");

/** The room of a thread: transforms of x from $v, of the other tensor from $m, and a square at $edge. */
export const SET_ROOM: string = lines(
  set("bytes", mul("channels", 4)),
  set("outputs", mul("panels", TILE_BYTES)),
  set("position", mul("block", "bytes")),
  set("position_m", mul("block", "outputs")),
  set("v", add("room", mul("thread", "stride"))),
  set("m", add("v", mul("position", POSITIONS))),
  set("edge", add("m", mul("position_m", POSITIONS))),
);

export const ROOM_LOCALS: readonly string[] = [
  "bytes",
  "outputs",
  "position",
  "position_m",
  "v",
  "m",
  "index",
  "count",
];

const Y = {
  side: OUTPUTS,
  tensor: "y",
  height: "out_height",
  width: "out_width",
  bytes: "outputs",
  before: 0,
};

/** Transforms number $index of each position from $m back to $tile of y. */
export const TRANSFORM_Y: string = lines(
  locateSquare(Y),
  when(
    term("inside"),
    lines(set("at", pixelOf(Y, 0, 0)), set("row", mul("out_width", "outputs"))),
    lines(set("at", "edge"), set("row", mul("outputs", OUTPUTS))),
  ),
  setRows(OUTPUTS, "outputs"),
  loop("c", 0, "outputs", 16)(
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

/** Transforms $tile of dy to number $index of each position, from $m on. */
export const TRANSFORM_DY: string = transformSquare(
  { ...Y, tensor: "dy" },
  transformGradient,
  "m",
  "position_m",
);
