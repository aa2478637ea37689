/** Where things lie in the memory of the JPEG decoder: what its text and its caller agree on, in bytes. */

/** The block at work, i16 [8, 8]. */
export const BLOCK_BYTES = 128;
/** The greatest and the least numbers between both passes of the transform: i16x8 each. */
export const GREATEST = 128;
export const LEAST = 144;
/** Of each component: i32 addresses of a table for means, one for the rest, and of the factors. */
export const COMPONENTS = 160;
export const COMPONENT_BYTES = 12;
/** u8 [64]: where in the block the coefficients go, in the order of the file. */
export const PLACES = 256;
/** Of each component: u16 [64] factors in the order of the file. */
export const FACTORS = 320;
export const FACTORS_BYTES = 128;
/** Of each component: two Huffman tables. */
export const TABLES = 1024;

/** Bits of a code that are looked up at once. */
export const LOOKUP_BITS = 10;
/**
 * In a Huffman table, behind u16 [1024] of length · 256 + symbol by the next ten bits (0 where the code is
 * longer): i32 [17] greatest code of each length, or −1; i32 [17] what makes a code its symbol's number; u8
 * [256] symbols.
 */
export const GREATEST_CODES = 2 << LOOKUP_BITS;
export const SYMBOL_OFFSETS = GREATEST_CODES + 4 * 17;
export const SYMBOLS = SYMBOL_OFFSETS + 4 * 17;
export const TABLE_BYTES = SYMBOLS + 256;

/** Where planes and pixels may lie. */
export const FREE = 16384;
