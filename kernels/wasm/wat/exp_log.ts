/**
 * e^−|x| and the logarithm of four numbers in WebAssembly, by range reduction and polynomials.
 *
 * The polynomials' largest errors in the reduced range are nearly the smallest that their degree can have;
 * `tests/kernels/wasm/exp_log_test.ts` holds both against f64.
 */

import { fused, minus, plus, set, term, times } from "./text.ts";

/** A constant four times. */
function four(value: number): string {
  return `(v128.const f32x4 ${Array(4).fill(value).join(" ")})`;
}

export const ONES: string = four(1);
/** The bits of −0: `${-0}` would be the text of 0. */
const SIGNS = "(v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000)";
const LOG2_E = 1.4426950216293335;
/**
 * 1.5·2²³ + 127: in a sum with it the last bits are those of the whole number n nearest to the other summand,
 * plus 127, which, shifted to the exponent, is 2^n.
 */
const MAGIC = 12582912 + 127;
/** e^−86 is 4.5e-38; smaller ones come out as this, since half of them are no normal f32. */
const LEAST = -86;

/** (e^r − 1) / r for |r| ≤ ln 2 / 2, so that e^r is off by 9.6e-8 at most, besides rounding. */
const EXP = [0.9999997, 0.4999915, 0.16667636, 0.04189793, 0.008290315];

/** (2·atanh(s) / s − 2) / s² by s², s < 1/3, so that the logarithm is off by 2e-8 at most. */
const LOG = [0.6666663885116577, 0.40007561445236206, 0.28236618638038635, 0.2685149908065796];

/**
 * What the exponential needs, by names of local variables: V8 makes a constant anew wherever it stands, by
 * several instructions, but reads a variable that was set before the loop.
 */
const CONSTANTS: Readonly<Record<string, string>> = {
  ones: ONES,
  signs: SIGNS,
  least_y: four(LEAST),
  log2_e: four(LOG2_E),
  magic: four(MAGIC),
  minus_ln_2: four(-Math.LN2),
  ...Object.fromEntries(EXP.map((value, i) => [`exp_${i}`, four(value)])),
};

/** Names of the local variables of four numbers that {@linkcode expOfMinus} reads. */
export const EXP_LOCALS: readonly string[] = Object.keys(CONSTANTS);

/** Sets them. */
export const SET_EXP_LOCALS: readonly string[] = Object.entries(CONSTANTS).map(([name, value]) =>
  set(name, value)
);

/** Σ coefficient_i · x^i */
function polynomial(coefficients: readonly string[], x: string): string {
  return coefficients.reduceRight((sum, next) => fused(sum, x, next));
}

/**
 * e^−|x| = to · power, of a NaN NaN; r is overwritten. For |x| ≤ 86 it is off by 1.6e-7 + 3e-9·|x| of itself
 * at most: by the polynomial and by rounding, of ln 2 too. A processor that does not fuse is off by 6e-8·|x|.
 *
 * e^y = 2^n · e^r, n the whole number nearest to y / ln 2.
 */
export function expOfMinus(to: string, power: string, x: string, r: string): string[] {
  const coefficients = ["ones", ...EXP.map((_, i) => `exp_${i}`)];
  return [
    set(to, `(f32x4.pmax (v128.or ${term(x)} ${term("signs")}) ${term("least_y")})`),
    set(power, fused(to, "log2_e", "magic")),
    set(r, fused(minus(power, "magic"), "minus_ln_2", to)),
    set(power, `(i32x4.shl ${term(power)} (i32.const 23))`),
    // Steps of their own, so that those of several pixels can be mixed.
    ...coefficients.slice(0, -1).reverse().map((next, i) =>
      set(to, fused(i === 0 ? coefficients.at(-1)! : to, r, next))
    ),
  ];
}

/**
 * to = log x for x from 1 to the largest f32, off by 2.5e-7 of itself at most; of what is not finite, some
 * number. m and s are overwritten.
 *
 * x = m·2^k; log m = 2·atanh((m − 1) / (m + 1)).
 */
export function logOf(to: string, x: string, m: string, s: string): string[] {
  const mantissa = "(v128.const i32x4 8388607 8388607 8388607 8388607)";
  const exponent = `(f32x4.convert_i32x4_s (i32x4.shr_s ${
    minusWords(term(x), ONES)
  } (i32.const 23)))`;
  return [
    set(m, `(v128.or ${ONES} (v128.and ${term(x)} ${mantissa}))`),
    set(s, `(f32x4.div ${minus(m, ONES)} ${plus(m, ONES)})`),
    set(to, exponent),
    set(m, times(s, s)),
    set(m, times(s, fused(m, polynomial(LOG.map(four), m), four(2)))),
    set(to, fused(to, four(Math.LN2), m)),
  ];
}

function minusWords(a: string, b: string): string {
  return `(i32x4.sub ${a} ${b})`;
}
