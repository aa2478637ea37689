/** Decimal numbers, read from bytes without a string for each. */

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** Digits of a whole number that f64 always holds exactly. */
const EXACT_DIGITS = 15;
/** 10^n for n = 0 … 15, which f64 holds exactly, too. */
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, n) => 10 ** n);

const UTF8 = new TextDecoder();

/**
 * The number in bytes[start..stop), the same f64 as `Number` makes of the text; NaN if there is nothing but
 * blanks, or no number.
 *
 * A decimal of few digits is a whole number over a power of ten. Both are exact, so that their quotient is
 * rounded once, as `Number` rounds.
 */
export function parseDecimal(bytes: Uint8Array, start: number, stop: number): number {
  const minus = bytes[start] === MINUS;
  let whole = 0;
  let digits = 0;
  let point = -1;
  for (let at = minus ? start + 1 : start; at < stop; at++) {
    const byte = bytes[at] as number;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      whole = 10 * whole + digit;
      digits++;
    } else if (byte === POINT && point < 0) {
      point = at;
    } else {
      return parseText(bytes, start, stop);
    }
  }
  if (digits === 0 || digits > EXACT_DIGITS) return parseText(bytes, start, stop);
  const size = point < 0 ? whole : whole / (POWERS[stop - 1 - point] as number);
  return minus ? -size : size;
}

/** What is no plain decimal of few digits: 1e-3, 0x10, Infinity, 0.12345678901234567, nothing. */
function parseText(bytes: Uint8Array, start: number, stop: number): number {
  const text = UTF8.decode(bytes.subarray(start, stop)).trim();
  return text === "" ? NaN : Number(text);
}
