import assert from "node:assert/strict";
import { assertClose } from "./compare.ts";

const near = { relative: 1e-3, what: "numbers" };

Deno.test("assertClose() accepts what lies within the tolerance", () => {
  assertClose([1, 2.001, -3], [1, 2, -3], near);
});

Deno.test("assertClose() fails on one wrong number, one missing number, and NaN", () => {
  assert.throws(() => assertClose([1, 2.1, 3], [1, 2, 3], near), /1 of 3 numbers.*\[1\] to \[1\]/s);
  assert.throws(() => assertClose([1, 2], [1, 2, 3], near), /lengths differ/);
  assert.throws(() => assertClose([1, NaN, 3], [1, 2, 3], near), /got NaN/);
  assert.throws(() => assertClose([1, 2, 3], [1, NaN, 3], near), /expected NaN/);
});

Deno.test("assertClose() fails on any difference from zeros", () => {
  assert.throws(() => assertClose([0, 1e-12], [0, 0], near), /1 of 2 numbers/);
});
