/**
 * The small linear maps of Winograd's F(4x4, 3x3), as WebAssembly on four channels at once.
 *
 * With d the 6x6 inputs of a tile, g the 3x3 filter, and e the gradient of its 4x4 outputs:
 *   result            Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
 *   filter gradient   Gᵀ [Σ (A e Aᵀ) ⊙ (Bᵀ d B)] G      the derivative of the line above
 *
 * Each map is written for one dimension and applied to columns, then to rows. The points are 0, ±1, ±2 and
 * ∞; what two points of opposite sign share is computed once.
 *
 * Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016).
 */

import { fused, lines, minus, plus, range, set, type Term, term, times } from "../text.ts";

/** What numbers are mapped to: assignments to be made first, and the results as expressions. */
interface Mapped {
  readonly first: readonly string[];
  readonly results: readonly string[];
}

type LinearMap = (given: readonly string[]) => Mapped;

/** Factors that the maps need, in vectors of their own. */
const FACTORS: Readonly<Record<string, number>> = {
  half_f: 1 / 2,
  quarter_f: 1 / 4,
  minus_sixth_f: -1 / 6,
  sixth_f: 1 / 6,
  twelfth_f: 1 / 12,
  two_f: 2,
  four_f: 4,
  eight_f: 8,
};

/** Intermediate results of the maps. */
const STEPS = ["t0", "t1", "t2", "t3"];

/** Names of the vectors that a transform between `from`² and `to`² numbers needs. */
export function transformVectors(from: number, to: number): string[] {
  return [
    ...Object.keys(FACTORS),
    ...STEPS,
    ...range(from).map((i) => `e${i}`),
    ...range(to).flatMap((i) => range(from).map((j) => `d${i}${j}`)),
  ];
}

/** Assigns the factors; once in a function. */
export const SET_FACTORS: string = lines(
  Object.entries(FACTORS).map(([name, value]) =>
    set(name, `(v128.const f32x4 ${`${value} `.repeat(4)})`)
  ),
);

/** Bᵀ: six inputs to six positions. */
export function transformInput(d: readonly string[]): Mapped {
  return {
    first: [
      set("t0", minus(d[4]!, times("four_f", d[2]!))),
      set("t1", minus(d[3]!, times("four_f", d[1]!))),
      set("t2", minus(d[4]!, d[2]!)),
      set("t3", times("two_f", minus(d[3]!, d[1]!))),
    ],
    results: [
      fused("four_f", minus(d[0]!, d[2]!), "t2"),
      plus("t0", "t1"),
      minus("t0", "t1"),
      plus("t2", "t3"),
      minus("t2", "t3"),
      minus(minus(d[5]!, d[3]!), plus("t3", "t3")),
    ],
  };
}

/** Aᵀ: six positions to four outputs. */
export function transformOutput(m: readonly string[]): Mapped {
  return {
    first: [
      set("t0", plus(m[1]!, m[2]!)),
      set("t1", minus(m[1]!, m[2]!)),
      set("t2", plus(m[3]!, m[4]!)),
      set("t3", minus(m[3]!, m[4]!)),
    ],
    results: [
      plus(plus(m[0]!, "t0"), "t2"),
      fused("two_f", "t3", "t1"),
      fused("four_f", "t2", "t0"),
      fused("eight_f", "t3", plus("t1", m[5]!)),
    ],
  };
}

/** A: the gradients of four outputs to those of six positions. */
export function transformGradient(e: readonly string[]): Mapped {
  return {
    first: [
      set("t0", plus(e[0]!, e[2]!)),
      set("t1", plus(e[1]!, e[3]!)),
      set("t2", fused("four_f", e[2]!, e[0]!)),
      set("t3", times("two_f", fused("four_f", e[3]!, e[1]!))),
    ],
    results: [
      term(e[0]!),
      plus("t0", "t1"),
      minus("t0", "t1"),
      plus("t2", "t3"),
      minus("t2", "t3"),
      term(e[3]!),
    ],
  };
}

/** G: three taps to six positions. */
export function transformFilter(g: readonly string[]): Mapped {
  return {
    first: [
      set("t0", times("minus_sixth_f", plus(g[0]!, g[2]!))),
      set("t1", times("minus_sixth_f", g[1]!)),
      set("t2", times("sixth_f", fused("quarter_f", g[0]!, g[2]!))),
      set("t3", times("twelfth_f", g[1]!)),
    ],
    results: [
      times("quarter_f", g[0]!),
      plus("t0", "t1"),
      minus("t0", "t1"),
      plus("t2", "t3"),
      minus("t2", "t3"),
      term(g[2]!),
    ],
  };
}

/** Gᵀ: the gradients of six positions to those of three taps. */
export function transformFilterGradient(s: readonly string[]): Mapped {
  return {
    first: [
      set("t0", times("minus_sixth_f", plus(s[1]!, s[2]!))),
      set("t1", times("sixth_f", minus(s[2]!, s[1]!))),
      set("t2", times("sixth_f", plus(s[3]!, s[4]!))),
      set("t3", times("twelfth_f", minus(s[3]!, s[4]!))),
    ],
    results: [
      fused("quarter_f", plus(s[0]!, "t2"), "t0"),
      plus("t1", "t3"),
      plus(plus("t0", "t2"), s[5]!),
    ],
  };
}

/**
 * A map in both dimensions: `from`² numbers, which `read` gives, to `to`², which `write` takes in rows.
 * Needs {@linkcode transformVectors}.
 */
export function inBothDimensions(
  map: LinearMap,
  from: number,
  to: number,
  read: (row: number, column: number) => Term,
  write: (row: number, column: number, value: string) => string,
): string {
  const columns = range(from).map((j) => {
    const given = range(from).map((i) => `e${i}`);
    const { first, results } = map(given);
    return lines(
      given.map((name, i) => set(name, read(i, j))),
      first,
      results.map((value, i) => set(`d${i}${j}`, value)),
    );
  });
  const rows = range(to).map((i) => {
    const { first, results } = map(range(from).map((j) => `d${i}${j}`));
    return lines(first, results.map((value, j) => write(i, j, value)));
  });
  return lines(columns, rows);
}
