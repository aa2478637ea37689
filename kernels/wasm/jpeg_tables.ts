/** The tables of the JPEG decoder in its memory. */

import {
  FACTORS,
  FACTORS_BYTES,
  GREATEST_CODES,
  LOOKUP_BITS,
  PLACES,
  SYMBOL_OFFSETS,
  SYMBOLS,
} from "./wat/jpeg/layout.ts";

/** Writes where coefficients go in a block of i16 [8, 8]: along diagonals, in turns upwards and downwards. */
export function writePlaces(memory: DataView): void {
  for (let sum = 0, k = 0; sum < 15; sum++) {
    for (let i = Math.max(0, sum - 7); i <= Math.min(7, sum); i++) {
      const [row, column] = sum % 2 === 0 ? [sum - i, i] : [i, sum - i];
      memory.setUint8(PLACES + k++, 2 * (8 * row! + column!));
    }
  }
}

/** Writes the factors of a component, u8 [64] in the order of the file. */
export function writeFactors(memory: DataView, component: number, factors: Uint8Array): number {
  const at = FACTORS + FACTORS_BYTES * component;
  for (let k = 0; k < 64; k++) memory.setUint16(at + 2 * k, factors[k]!, true);
  return at;
}

/**
 * Writes a Huffman table; false if it is none. Source: ITU-T T.81, annex C.
 *
 * @param table u8 [16 + n]: how many codes there are of each length, then their symbols
 * @param mostSymbol the greatest symbol that makes sense
 */
export function writeTable(
  memory: DataView,
  at: number,
  table: Uint8Array,
  mostSymbol: number,
): boolean {
  for (let i = 0; i < GREATEST_CODES; i += 8) memory.setBigUint64(at + i, 0n);
  let symbols = 0, code = 0;
  for (let length = 1; length <= 16; length++, code *= 2) {
    memory.setInt32(at + SYMBOL_OFFSETS + 4 * length, symbols - code, true);
    const end = symbols + table[length - 1]!;
    for (; symbols < end; symbols++, code++) {
      const symbol = table[16 + symbols]!;
      if (symbol > mostSymbol || code >= 2 ** length - 1) return false; // no code is made of ones alone
      memory.setUint8(at + SYMBOLS + symbols, symbol);
      writeShort(memory, at, { code, length, symbol });
    }
    const hasCodes = table[length - 1]! > 0;
    memory.setInt32(at + GREATEST_CODES + 4 * length, hasCodes ? code - 1 : -1, true);
  }
  return true;
}

interface Code {
  readonly code: number;
  readonly length: number;
  readonly symbol: number;
}

/** Writes what begins with a code, unless it is longer than what is looked up. */
function writeShort(memory: DataView, at: number, { code, length, symbol }: Code): void {
  const spread = LOOKUP_BITS - length;
  if (spread < 0) return;
  for (let bits = code << spread; bits < (code + 1) << spread; bits++) {
    memory.setUint16(at + 2 * bits, length << 8 | symbol, true);
  }
}
