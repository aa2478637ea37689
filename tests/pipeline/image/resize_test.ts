import assert from "node:assert/strict";
import { resizeImage, type RgbImage } from "../../../pipeline/image/image.ts";
import { Random } from "../../../pipeline/numbers/random.ts";

/** Weight of each source pixel for output pixel `i`, along one axis, in f32. */
function weightsOf(i: number, source: number, target: number): number[] {
  const scale = source / target;
  const from = i * scale, to = from + scale;
  const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), source - 1);
  const first = Math.floor(centre);
  return Array.from({ length: source }, (_, k) => {
    if (scale > 1) return Math.fround(Math.max(0, Math.min(k + 1, to) - Math.max(k, from)) / scale);
    if (k === first) return Math.fround(1 - (centre - first));
    return k === first + 1 ? Math.fround(centre - first) : 0;
  });
}

/** Twin of resizeImage(): f64 along a row, rounded to f32, then f32 along the column, from a half on. */
function resizeNaively(
  { width: columns, height: lines, data }: RgbImage,
  w: number,
  h: number,
): Uint8Array {
  const across = Array.from({ length: w }, (_, x) => weightsOf(x, columns, w));
  const down = Array.from({ length: h }, (_, y) => weightsOf(y, lines, h));
  return Uint8Array.from({ length: 3 * w * h }, (_, i) => {
    const x = Math.floor(i / 3) % w, y = Math.floor(i / 3 / w);
    let sum = 0.5;
    for (const [line, weight] of down[y]!.entries()) {
      if (weight === 0) continue;
      const row = across[x]!.reduce(
        (total, share, k) => total + share * data[3 * (line * columns + k) + i % 3]!,
        0,
      );
      sum = Math.fround(sum + weight * Math.fround(row));
    }
    return sum;
  });
}

function noise(random: Random, width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: 3 * width * height }, () => random.integer(256));
  return { width, height, data };
}

function assertAsTwin(image: RgbImage, width: number, height: number, seed: number): void {
  const message = `seed ${seed}: ${image.width}x${image.height} to ${width}x${height}`;
  const expected = resizeNaively(image, width, height);
  assert.deepEqual(resizeImage(image, width, height).data, expected, message);
}

Deno.test("resizeImage() gives its twin's values, at any size and at the exact half", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const [width, height, w, h] = Array.from({ length: 4 }, () => 1 + random.integer(40));
    assertAsTwin(noise(random, width!, height!), w!, h!, seed);
    assertAsTwin(noise(random, 2 * w!, 2 * h!), w!, h!, seed);
    assertAsTwin(noise(random, 2 * w!, height!), w!, h!, seed);
  }
});

Deno.test("resizeImage() rounds the mean of four pixels half up", () => {
  const cases: [pixels: number[], mean: number][] = [
    [[0, 0, 0, 1], 0],
    [[0, 0, 1, 1], 1],
    [[255, 255, 255, 254], 255],
  ];
  for (const [pixels, mean] of cases) {
    const data = Uint8Array.from(pixels.flatMap((value) => [value, value, value]));
    assert.deepEqual([...resizeImage({ width: 2, height: 2, data }, 1, 1).data], [
      mean,
      mean,
      mean,
    ]);
  }
});
