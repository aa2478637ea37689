import assert from "node:assert/strict";
import { contourOf, emptinessOf, peakOf } from "../../../pipeline/image/drawing/contour.ts";
import { refineMap } from "../../../pipeline/image/drawing/refine.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { blockMap, flat } from "../../fixtures/heat_maps.ts";

Deno.test("contourOf() runs between cell centres, by hand", () => {
  // Centres lie at x = 0.5 and 1.5; from 0.2 to 0.8 one half is reached midway.
  const map = { width: 2, height: 1, data: Float32Array.of(0.25, 0.75) };
  assert.deepEqual(contourOf(map), [
    [[1, 0], [1, 0.5]],
    [[1, 0.5], [1, 1]],
  ]);
  assert.deepEqual(contourOf(map, 0.75), [], "nothing is above the greatest value");
  assert.deepEqual(contourOf(flat(1)), [], "all of the map is above one half");
});

Deno.test("contourOf() surrounds one cell, and decides saddles by the middle", () => {
  const one = blockMap([3, 3], [1, 1, 2, 2]);
  const corners = contourOf(one).flat().map(([x, y]) => Math.hypot(x - 1.5, y - 1.5));
  assert.equal(corners.length, 8);
  for (const distance of corners) assert.equal(distance, 0.5);
  const saddle = (high: number) => {
    const data = Float32Array.of(high, 0, 0, high);
    const inner = contourOf({ width: 2, height: 2, data })
      .filter((piece) => piece.every(([x, y]) => x >= 0.5 && x <= 1.5 && y >= 0.5 && y <= 1.5))
      .filter(([[x0, y0], [x1, y1]]) => x0 !== x1 && y0 !== y1);
    assert.equal(inner.length, 2);
    return inner.map(([[x0, y0], [x1, y1]]) => x0 + y0 + x1 + y1);
  };
  // With corners of 0.6 the middle is 0.3: they stay apart, each with a piece close to it. With 3 it is 1.5.
  assert.ok(saddle(0.6).every((sum) => Math.abs(sum - 4) > 1.5), "cut off the upper left");
  assert.ok(saddle(3).every((sum) => Math.abs(sum - 4) < 1e-6), "cut off the others");
});

Deno.test("refineMap() goes through the values of smooth maps and stays within their range", () => {
  for (const seed of [1, 2, 3]) {
    const random = new Random(seed);
    const data = Float32Array.from({ length: 9 * 7 }, () => 0.1 + 0.35 * random.next());
    const map = { width: 9, height: 7, data };
    const fine = refineMap(map);
    assert.deepEqual([fine.width, fine.height, fine.data.length], [72, 56, 72 * 56]);
    const [least, most] = [data.reduce((a, b) => Math.min(a, b)), peakOf(map)];
    assert.ok(fine.data.every((value) => value >= least && value <= most), `seed ${seed}`);
    assert.equal(emptinessOf(fine) !== null, true, `seed ${seed}: what is empty stays empty`);
  }
  const slope = { width: 8, height: 1, data: Float32Array.from({ length: 8 }, (_, x) => x / 8) };
  const fine = refineMap(slope);
  for (let x = 16; x < 48; x++) {
    assert.ok(Math.abs(fine.data[x]! - ((x + 0.5) / 8 - 0.5) / 8) < 1e-6, `a straight slope, ${x}`);
  }
  const huge = { width: 600, height: 1, data: new Float32Array(600) };
  assert.equal(refineMap(huge), huge);
});

Deno.test("emptinessOf() says what there is at most, of empty maps alone", () => {
  assert.equal(emptinessOf(flat(0.12)), "nothing above 0.5; at most 0.12");
  assert.equal(emptinessOf(flat(NaN)), "nothing above 0.5; at most 0.00");
  assert.equal(emptinessOf(flat(0.5)), "nothing above 0.5; at most 0.50");
  assert.equal(emptinessOf(flat(0.51)), null);
});
