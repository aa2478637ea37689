/**
 * The register tile of the matrix products: sums of ROWS by CHANNELS numbers, as two vectors of four in
 * each row. That leaves room in the 16 vector registers for two vectors of one factor and one number of
 * the other repeated four times.
 */

import { fused, increase, lines, load, range, set, store, type Term, term, ZEROS } from "./text.ts";

export const ROWS = 5;
export const CHANNELS = 8;
/** Bytes of a tile's row. */
export const TILE_BYTES = 4 * CHANNELS;

/** Names of the vectors that a tile needs. */
export const TILE_VECTORS: readonly string[] = [
  ...range(ROWS).flatMap((row) => [`c${row}0`, `c${row}1`]),
  ...["b0", "b1", "s"],
];

/** Sums of zero. */
export function clearTile(): string {
  return lines(range(ROWS).map((row) => lines(set(`c${row}0`, ZEROS), set(`c${row}1`, ZEROS))));
}

/** One step of the product: eight numbers at `b` by one number of each row. */
export function tileStep(
  a: (row: number) => { readonly address: Term; readonly offset: number },
  b: Term,
  offset = 0,
): string {
  return lines(
    set("b0", load(b, offset)),
    set("b1", load(b, offset + 16)),
    range(ROWS).map((row) => {
      const { address, offset } = a(row);
      return lines(
        set("s", `(v128.load32_splat offset=${offset} ${term(address)})`),
        set(`c${row}0`, fused("s", "b0", `c${row}0`)),
        set(`c${row}1`, fused("s", "b1", `c${row}1`)),
      );
    }),
  );
}

/** Sums from memory; the address moves on by `stride` from row to row. */
export function loadTile(address: string, stride: Term): string {
  return lines(
    range(ROWS).map((row) =>
      lines(
        set(`c${row}0`, load(address)),
        set(`c${row}1`, load(address, 16)),
        increase(address, stride),
      )
    ),
  );
}

/** Sums to memory; the address moves on by `stride` from row to row. */
export function storeTile(address: string, stride: Term): string {
  return lines(
    range(ROWS).map((row) =>
      lines(
        store(address, `c${row}0`),
        store(address, `c${row}1`, 16),
        increase(address, stride),
      )
    ),
  );
}

/** Times the inner loop is unrolled. */
const UNROLL = 4;

/**
 * Adds the product of rows that lie at $a0, $a1, … and of a panel f32 [K, 8] at $g, until $a0 is `end`.
 * All addresses move on. Uses `fours` as the place up to which four steps are taken at once.
 */
export function innerLoop(end: string, run: Term): string {
  return lines(
    set(
      "fours",
      `(i32.sub ${term(end)} (i32.rem_u ${term(run)} (i32.const ${4 * UNROLL})))`,
    ),
    steps("unrolled", UNROLL, "fours"),
    steps("single", 1, end),
  );
}

function steps(label: string, count: number, end: Term): string {
  return lines(
    `(block $${label}_done (loop $${label}`,
    `(br_if $${label}_done (i32.ge_u (local.get $a0) ${term(end)}))`,
    range(count).map((k) =>
      tileStep((row) => ({ address: `a${row}`, offset: 4 * k }), "g", TILE_BYTES * k)
    ),
    range(ROWS).map((row) => increase(`a${row}`, 4 * count)),
    increase("g", TILE_BYTES * count),
    `(br $${label})))`,
  );
}
