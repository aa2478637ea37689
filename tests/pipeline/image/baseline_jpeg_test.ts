import assert from "node:assert/strict";
import { decodeBaselineJpeg } from "../../../pipeline/image/codecs/jpeg/baseline.ts";
import { readJpegHeader } from "../../../pipeline/image/codecs/jpeg/header.ts";
import { decodeColourJpeg } from "../../../pipeline/image/codecs/jpeg/mozjpeg.ts";
import type { RgbImage } from "../../../pipeline/image/image.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { CMYK, encodeJpeg, HALF_CHROMA, JPEG_KINDS } from "../../fixtures/jpeg_files.ts";

/** Pixels from smooth to the hardest there are. */
const PATTERNS: readonly ((x: number, y: number, c: number, random: Random) => number)[] = [
  (x, y, c) => 3 * x + c * y,
  (x, y, c) => (x >> 3) % 2 === (y >> 2) % 2 ? 255 : 40 * c,
  (_x, _y, _c, random) => random.integer(256),
  (_x, _y, _c, random) => 255 * random.integer(2),
  (_x, _y, c) => 50 + 60 * c,
];

function draw(random: Random, pattern: number): RgbImage {
  const [width, height] = [16 + random.integer(60), 16 + random.integer(60)];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return PATTERNS[pattern]!(pixel % width, Math.floor(pixel / width), i % 3, random);
  });
  return { width, height, data };
}

/** A sequential file of a random picture. */
function encodeRandom(random: Random, seed: number): Promise<Uint8Array<ArrayBuffer>> {
  const picture = draw(random, seed % PATTERNS.length);
  const options = JPEG_KINDS[seed % 2 === 0 ? "baseline 4:2:0" : "baseline 4:4:4"]!;
  return encodeJpeg(picture, { ...options, quality: 1 + random.integer(100) });
}

const endOf = (file: Uint8Array) => readJpegHeader(file).end!;

function assertAsLibjpeg(file: Uint8Array, message: string): void {
  const image = decodeBaselineJpeg(file, endOf(file));
  assert.ok(image, message);
  assert.deepEqual(image, decodeColourJpeg(file, endOf(file)), message);
}

Deno.test("decodeBaselineJpeg() gives libjpeg's pixels of any sequential picture", async () => {
  assertAsLibjpeg(HALF_CHROMA, "4:2:2");
  for (let seed = 1; seed <= 60; seed++) {
    assertAsLibjpeg(await encodeRandom(new Random(seed), seed), `seed ${seed}`);
  }
});

Deno.test("decodeBaselineJpeg() leaves to libjpeg what is of another kind or too small", async () => {
  const picture = draw(new Random(1), 0);
  const small = { width: 15, height: 16, data: picture.data.subarray(0, 3 * 15 * 16) };
  const files = [CMYK, await encodeJpeg(small, JPEG_KINDS["baseline 4:2:0"]!)];
  for (const [kind, options] of Object.entries(JPEG_KINDS)) {
    if (!/baseline 4/.test(kind)) files.push(await encodeJpeg(picture, options));
  }
  for (const file of files) assert.equal(decodeBaselineJpeg(file, endOf(file)), null);
});

/** A file with bytes at a place; `at` counts from the end where it is negative. */
function withBytes(file: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...file.subarray(0, at), ...bytes, ...file.subarray(at));
}

Deno.test("decodeBaselineJpeg() takes no segment that it does not know, and no left-over bytes", () => {
  const changed = {
    "restart interval": withBytes(HALF_CHROMA, 2, [0xff, 0xdd, 0, 4, 0, 1]),
    "Adobe's marker": withBytes(HALF_CHROMA, 2, [0xff, 0xee, 0, 14, ...new Array(12).fill(0)]),
    "second frame": withBytes(HALF_CHROMA, 2, [0xff, 0xc0, 0, 2]),
    "left over": withBytes(HALF_CHROMA, -2, [0]),
    "restart marker": withBytes(HALF_CHROMA, -2, [0xff, 0xd0]),
    "cut short": withBytes(HALF_CHROMA.subarray(0, -12), HALF_CHROMA.length, [0xff, 0xd9]),
  };
  for (const [what, file] of Object.entries(changed)) {
    assert.equal(decodeBaselineJpeg(file, endOf(file)), null, what);
  }
  assertAsLibjpeg(withBytes(HALF_CHROMA, 2, [0xff, 0xfe, 0, 3, 65]), "comment");
});

/** What mozjpeg makes of it, or null if it has anything to say. */
function decodeStrictly(file: Uint8Array, end: number): RgbImage | null {
  try {
    return decodeColourJpeg(file, end);
  } catch {
    return null;
  }
}

Deno.test("decodeBaselineJpeg() takes no file for whole that libjpeg finds damaged", async () => {
  const sources = await Promise.all(
    [1, 2, 5, 8].map((seed) => encodeRandom(new Random(seed), seed)),
  );
  let taken = 0, left = 0;
  for (let seed = 1; seed <= 2000; seed++) {
    const random = new Random(seed);
    const file = sources[seed % sources.length]!.slice();
    const most = random.integer(2) === 0 ? 640 : file.length;
    for (let k = 0; k < 2; k++) {
      file[2 + random.integer(Math.min(most, file.length - 4))]! ^= 1 << random.integer(8);
    }
    const header = headerOf(file);
    if (header === null) continue;
    const image = decodeBaselineJpeg(file, header.end);
    if (image === null) left++;
    else {
      taken++;
      assert.deepEqual(image, decodeStrictly(file, header.end), `seed ${seed}`);
    }
  }
  assert.ok(taken > 300 && left > 300, `${taken} were taken, ${left} left to libjpeg`);
});

/** The header, if there is one, its end, and no more pixels than are soon decoded. */
function headerOf(file: Uint8Array): { end: number } | null {
  try {
    const { width, height, end } = readJpegHeader(file);
    return end === null || width * height > 1e5 ? null : { end };
  } catch {
    return null;
  }
}
