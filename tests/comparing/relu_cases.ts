/** Numbers at which a ReLU can go wrong, for the tests of the kernels that have one. */

import assert from "node:assert/strict";

/** NaN of either sign, ∞, 0, 10⁻³⁰ and 3; then −0, −10⁻³⁰, −1, −3, the least number and −∞. */
const BITS = [
  ...[0x7fc00000, 0xffc00000, 0x7f800000, 0, 0x0da24260, 0x40400000],
  ...[0x80000000, 0x8da24260, 0xbf800000, 0xc0400000, 0xff7fffff, 0xff800000],
];

/** Twelve inputs. They are made of bits: a number in JavaScript has no sign where it is NaN. */
export const RELU_INPUTS: Float32Array<ArrayBuffer> = floats(BITS);

/** A NaN with the sign of a negative number. */
export const NEGATIVE_NAN: Float32Array<ArrayBuffer> = floats([0xffc00000]);

/** Fails unless `y` is what a ReLU makes of {@linkcode RELU_INPUTS}: NaN of NaN, and never −0. */
export function assertRelu(y: Float32Array): void {
  const expected = [NaN, NaN, Infinity, 0, RELU_INPUTS[4], 3, 0, 0, 0, 0, 0, 0];
  // Tells −0 from 0, and takes all NaN for the same.
  assert.deepEqual([...y], expected);
}

function floats(bits: readonly number[]): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(bits).buffer);
}
