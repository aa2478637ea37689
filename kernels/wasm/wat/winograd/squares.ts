/** Squares of pixels under a tile of `wat/winograd.ts`: where they lie, and what is beyond an image's edge. */

import {
  add,
  and,
  clear,
  div,
  lines,
  loop,
  mul,
  range,
  rem,
  set,
  sub,
  type Term,
  term,
  when,
} from "../text.ts";

export const TAPS = 3;
/** Outputs on a side of a tile. */
export const OUTPUTS = 4;
/** Inputs, and positions after the transform, on a side of a tile. */
export const SIDE: number = OUTPUTS + TAPS - 1;
/** Positions of a transformed tile. */
export const POSITIONS: number = SIDE * SIDE;

/** $image, and $top and $left of $tile's first output. */
export const LOCATE_TILE: string = lines(
  set("image", div("tile", "tiles_of_image")),
  set("top", mul(div(rem("tile", "tiles_of_image"), "tiles_x"), OUTPUTS)),
  set("left", mul(rem(rem("tile", "tiles_of_image"), "tiles_x"), OUTPUTS)),
);

/** A square of pixels in a tensor [B, height, width, bytes], whose corner may lie outside of an image. */
export interface Square {
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
export function pixelOf({ tensor, height, width, bytes }: Square, i: Term, j: Term): string {
  const row = add(mul("image", height), "y0", i);
  return add(tensor, mul(add(mul(row, width), "x0", j), bytes));
}

/** Whether the square lies inside of its image; sets $y0 and $x0 to its corner. */
export function locateSquare({ before, side, height, width }: Square): string {
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
export function copySquare(square: Square, direction: "to edge" | "from edge"): string {
  const inRange = (value: string, size: Term) => `(i32.lt_u ${value} ${term(size)})`;
  const pixel = pixelOf(square, "i", "j");
  const edge = add("edge", mul(add(mul("i", square.side), "j"), square.bytes));
  const [to, from] = direction === "to edge" ? [edge, pixel] : [pixel, edge];
  return loop("i", 0, square.side)(when(
    inRange(add("y0", "i"), square.height),
    loop("j", 0, square.side)(when(
      inRange(add("x0", "j"), square.width),
      `(memory.copy ${to} ${from} ${term(square.bytes)})`,
    )),
  ));
}

/** $at and $row of the square in memory, or of a copy in $edge with zeros where there is no pixel. */
export function readSquare(square: Square): string {
  const { side, width, bytes } = square;
  return lines(
    locateSquare(square),
    when(
      term("inside"),
      lines(set("at", pixelOf(square, 0, 0)), set("row", mul(width, bytes))),
      lines(
        clear("edge", mul(bytes, side * side)),
        copySquare(square, "to edge"),
        set("at", "edge"),
        set("row", mul(bytes, side)),
      ),
    ),
  );
}

/** The address of pixel j in row i of what begins at $r<i>, the rows being set by {@linkcode setRows}. */
export function inRow(i: number, j: number, bytes: string): Term {
  return j === 0 ? `r${i}` : add(`r${i}`, j === 1 ? bytes : `p${j}`);
}

/** $r<i>: where the rows of a square at $at begin; $p<j>: j pixels in bytes. */
export function setRows(side: number, bytes: string): string {
  return lines(
    set("r0", "at"),
    range(side - 1).map((i) => set(`r${i + 1}`, add(`r${i}`, "row"))),
    range(side - 2).map((j) => set(`p${j + 2}`, mul(bytes, j + 2))),
  );
}

export const SQUARE_LOCALS: readonly string[] = [
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
