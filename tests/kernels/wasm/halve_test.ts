import assert from "node:assert/strict";
import { halve as halvePlainly } from "../../../kernels/cpu/halve.ts";
import { halve } from "../../../kernels/wasm/halve.ts";
import { Random } from "../../../pipeline/numbers/random.ts";

function noise(seed: number, length: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.integer(256));
}

Deno.test("halve() gives its twin's bytes at odd sizes, in any order of sizes", () => {
  const sides = [1, 2, 3, 4, 5, 63, 64, 65];
  for (const [i, width] of sides.entries()) {
    for (const height of sides.slice(0, 6)) {
      const data = noise(64 + i, 12 * width * height);
      const message = `seed ${64 + i}, ${width}x${height}`;
      assert.deepEqual(halve(data, width, height), halvePlainly(data, width, height), message);
    }
  }
});

Deno.test("halve() takes large pictures in bands, and rows that are larger than one", () => {
  for (const [width, height] of [[401, 501], [100_001, 3]] as const) {
    const data = noise(64, 12 * width * height);
    const message = `seed 64, ${width}x${height}`;
    assert.deepEqual(halve(data, width, height), halvePlainly(data, width, height), message);
  }
});

Deno.test("halve() rounds a half up", () => {
  const pixels = [[0, 255, 3], [0, 255, 3], [1, 255, 2], [1, 254, 2]].flat();
  assert.deepEqual([...halve(Uint8Array.from(pixels), 1, 1)], [1, 255, 3]);
});

Deno.test("a byte that differs from the twin's is noticed", () => {
  const data = noise(64, 12 * 6);
  const wrong = halvePlainly(data, 3, 2);
  wrong[17]! ^= 1;
  assert.throws(() => assert.deepEqual(halve(data, 3, 2), wrong), assert.AssertionError);
});
