import assert from "node:assert/strict";
import { cutAlignedFace } from "../../../pipeline/landmarks/aligned_face.ts";

const SIZE = 400;

/** 68 points of which only the eyes matter, all six of each on one spot. */
function facing(left: readonly [number, number], right: readonly [number, number]): Float32Array {
  const points = new Float32Array(136);
  for (let i = 0; i < 6; i++) {
    points.set(left, 2 * (36 + i));
    points.set(right, 2 * (42 + i));
  }
  return points;
}

/** A picture whose red and green tell the place: half of x and half of y. */
const ramp = {
  width: SIZE,
  height: SIZE,
  data: Uint8Array.from(
    { length: 3 * SIZE * SIZE },
    (_, i) => [(i / 3 | 0) % SIZE / 2, (i / 3 | 0) / SIZE / 2, 0][i % 3]!,
  ),
};

/** Where in the ramp the pixel of a crop comes from. */
function sourceOf({ width, data }: { width: number; data: Uint8Array }, x: number, y: number) {
  const at = 3 * (y * width + x);
  return [2 * data[at]!, 2 * data[at + 1]!] as const;
}

function assertNear(actual: readonly number[], expected: readonly number[], what: string): void {
  actual.forEach((value, i) => {
    assert(Math.abs(value - expected[i]!) <= 3, `${what}: ${actual} instead of ${expected}`);
  });
}

// Eyes 38.6 pixels apart, at y = 113.1, around x = 89: columns 69 and 108 of row 113.
Deno.test("cutAlignedFace() puts the eyes where CelebA's aligned images have them", () => {
  const cases = [
    { left: [150, 200], right: [227.2, 200], what: "level, twice as large" },
    { left: [200, 250], right: [200, 172.8], what: "turned by a quarter" },
    { left: [180, 180], right: [220, 220], what: "leaning" },
  ] as const;
  for (const { left, right, what } of cases) {
    const face = cutAlignedFace(ramp, facing(left, right));
    assert.deepEqual([face.width, face.height], [178, 218]);
    assertNear(sourceOf(face, 69, 113), left, `left eye, ${what}`);
    assertNear(sourceOf(face, 108, 113), right, `right eye, ${what}`);
  }
  // Level and twice as large, the frame's corner lies 2 · (89, 113.1) from the middle of the eyes.
  const level = cutAlignedFace(ramp, facing([180, 240], [257.2, 240]));
  assertNear(sourceOf(level, 0, 0), [218.6 - 178, 240 - 226.2], "upper left corner");
});

Deno.test("cutAlignedFace() refuses eyes on one point", () => {
  assert.throws(() => cutAlignedFace(ramp, facing([9, 9], [9, 9])), { name: "RangeError" });
});
