/** Comparing arrays of numbers, with a message that shows where they part. */

import assert from "node:assert/strict";

/** How far apart two arrays may lie. */
interface Closeness {
  /** Largest difference allowed, as a share of the largest expected magnitude. */
  readonly relative: number;
  /** What is compared, with the seed of anything random in it. */
  readonly what: string;
}

/** Fails unless `actual` has the expected length and every number lies close enough. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, what }: Closeness,
): void {
  assert.equal(actual.length, expected.length, `${what}: lengths differ`);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  const allowed = relative * Math.max(largest, Number.MIN_VALUE);
  const wrong: number[] = [];
  for (let i = 0; i < expected.length; i++) {
    // Written so that NaN on either side is wrong.
    if (!(Math.abs(actual[i]! - expected[i]!) <= allowed)) wrong.push(i);
  }
  if (wrong.length === 0) return;
  const shown = wrong.slice(0, 8).map((i) => `  [${i}] got ${actual[i]}, expected ${expected[i]}`);
  assert.fail(
    `${what}: ${wrong.length} of ${expected.length} numbers are off by more than ${allowed}, ` +
      `from [${wrong[0]}] to [${wrong.at(-1)}]\n${shown.join("\n")}`,
  );
}
