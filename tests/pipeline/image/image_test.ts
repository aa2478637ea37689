import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import {
  decodeImage,
  decodePixels,
  encodePng,
  readImage,
  resizeImage,
  type RgbImage,
  sizeOfPicture,
} from "../../../pipeline/image/image.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { exifData, LEFT_HALF } from "../../fixtures/exif_data.ts";
import { CMYK, COLOUR, encodeJpeg, GRAY, JPEG_KINDS } from "../../fixtures/jpeg_files.ts";
import { hasOpenCv, runOpenCv } from "../../contexts/open_cv_context.ts";

/** Quantisation and rounding of the fixtures, at most. */
const JPEG_TOLERANCE = 6;

function pixel(image: RgbImage, x: number, y: number): number[] {
  const at = 3 * (y * image.width + x);
  return [...image.data.subarray(at, at + 3)];
}

function assertNear(got: number[], expected: number[], tolerance = JPEG_TOLERANCE): void {
  const near = got.every((value, i) => Math.abs(value - expected[i]!) <= tolerance);
  assert.ok(near, `got ${got}, expected about ${expected}`);
}

/** COLOUR with an EXIF segment that holds nothing but an orientation. */
function withOrientation(orientation: number, little: boolean): Uint8Array {
  const exif = [...new TextEncoder().encode("Exif\0\0"), ...exifData(orientation, little)];
  const segment = [0xff, 0xe1, 0, exif.length + 2, ...exif];
  return Uint8Array.of(...COLOUR.subarray(0, 2), ...segment, ...COLOUR.subarray(2));
}

/** A JPEG header that claims a size. */
function claiming(width: number, height: number): Uint8Array {
  const bytes = COLOUR.slice();
  const at = bytes.findIndex((code, i) => code === 0xff && bytes[i + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(at + 5, height);
  new DataView(bytes.buffer).setUint16(at + 7, width);
  return bytes;
}

const RED = [200, 30, 30];
const BLUE = [20, 40, 210];

Deno.test("decodeImage() reads a colour JPEG", async () => {
  const image = await decodeImage(COLOUR, "a.jpg");
  assert.deepEqual([image.width, image.height, image.data.length], [16, 8, 3 * 16 * 8]);
  assertNear(pixel(image, 2, 2), RED);
  assertNear(pixel(image, 13, 5), BLUE);
});

Deno.test("decodeImage() reads grayscale and CMYK JPEGs as RGB", async () => {
  const gray = await decodeImage(GRAY, "gray.jpg");
  assertNear(pixel(gray, 2, 2), [81, 81, 81]);
  assertNear(pixel(gray, 13, 5), [53, 53, 53]);
  const cmyk = await decodeImage(CMYK, "cmyk.jpg");
  assertNear(pixel(cmyk, 2, 2), RED);
  assertNear(pixel(cmyk, 13, 5), BLUE);
});

Deno.test("sizeOfPicture() tells what decodeImage() gives, by the header alone", async () => {
  const png = await encodePng({ width: 3, height: 5, data: new Uint8Array(45) });
  const upright = [COLOUR, GRAY, CMYK, png];
  for (const bytes of [...upright, ...[5, 8].map((n) => withOrientation(n, true))]) {
    const { width, height } = await decodeImage(bytes, "image");
    assert.deepEqual(sizeOfPicture(bytes), [width, height]);
  }
  for (const damaged of [png.subarray(0, 20), COLOUR.subarray(0, 9), new Uint8Array(9)]) {
    assert.throws(() => sizeOfPicture(damaged), SyntaxError);
  }
});

Deno.test("decodeImage() turns a JPEG as its EXIF orientation says", async () => {
  for (const little of [true, false]) {
    for (const [orientation, [x, y, width]] of Object.entries(LEFT_HALF)) {
      const image = await decodeImage(withOrientation(Number(orientation), little), "a.jpg");
      assert.equal(image.width, width, `orientation ${orientation}`);
      assertNear(pixel(image, x, y), RED);
      assertNear(pixel(image, image.width - 1 - x, image.height - 1 - y), BLUE);
    }
  }
});

Deno.test("encodePng() and decodeImage() keep gray, RGB and opaque RGBA pixels", async () => {
  for (const channels of [1, 3, 4]) {
    const data = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256);
    if (channels === 4) { for (let i = 3; i < data.length; i += 4) data[i] = 255; }
    const image = await decodeImage(await encodePng({ width: 5, height: 3, data }), "a.png");
    assert.deepEqual([image.width, image.height], [5, 3]);
    const expected = Array.from(
      { length: 45 },
      (_, i) =>
        channels === 1 ? data[Math.floor(i / 3)] : data[Math.floor(i / 3) * channels + i % 3],
    );
    assert.deepEqual([...image.data], expected, `${channels} channels`);
  }
});

Deno.test("decodeImage() lays a transparent PNG over white", async () => {
  const data = Uint8Array.of(100, 0, 50, 0, 100, 0, 50, 51, 100, 0, 50, 255);
  const image = await decodeImage(await encodePng({ width: 3, height: 1, data }), "a.png");
  assert.deepEqual([...image.data], [255, 255, 255, 224, 204, 214, 100, 0, 50]);
});

Deno.test("decodeImage() refuses what is no picture, with the file's name and the reason", async () => {
  const png = await encodePng({ width: 40, height: 40, data: new Uint8Array(1600) });
  const cases: [bytes: Uint8Array, reason: string][] = [
    [new Uint8Array(), "the file is empty"],
    [
      new TextEncoder().encode("name,x_0\n"),
      "the file is no picture of a known kind; AVIF, BMP, GIF, JPEG, PNG, TIFF, WebP are read",
    ],
    [COLOUR.subarray(0, 40), "the JPEG is damaged or cut short: it has no header"],
    [COLOUR.subarray(0, COLOUR.length - 2), "the JPEG is damaged or cut short: its end is missing"],
    [COLOUR.subarray(0, COLOUR.length - 8), "the JPEG is damaged or cut short: its end is missing"],
    [claiming(0, 8), "the picture has no pixels (0x8)"],
    [png.subarray(0, 20), "the PNG is cut short: it has no header"],
    [png.subarray(0, 45), "the PNG is damaged or cut short"],
  ];
  for (const [bytes, reason] of cases) {
    const expected = { name: "SyntaxError", message: `Cannot decode a.jpg: ${reason}` };
    await assert.rejects(decodeImage(bytes, "a.jpg"), expected);
    await assert.rejects(decodePixels(bytes), { name: "SyntaxError", message: reason });
  }
});

Deno.test("decodeImage() refuses more than 64 megapixels before it decodes", async () => {
  await assert.rejects(decodeImage(claiming(12_000, 12_000), "big.jpg"), {
    name: "RangeError",
    message:
      "Cannot decode big.jpg: the picture is too large: 12000x12000 is more than 64 megapixels",
  });
});

Deno.test("decodeImage() works on after pictures that break the decoder", async () => {
  for (let seed = 1; seed <= 80; seed++) {
    const bytes = (seed % 2 === 0 ? COLOUR : CMYK).slice();
    for (let k = 0; k < 4; k++) bytes[20 + (seed * 131 + k * 977) % (bytes.length - 22)]! ^= seed;
    await decodeImage(bytes, "a.jpg").catch((error) =>
      assert.ok(
        error instanceof SyntaxError || error instanceof RangeError,
        `seed ${seed}: ${error}`,
      )
    );
    assertNear(pixel(await decodeImage(COLOUR, "b.jpg"), 2, 2), RED);
    assertNear(pixel(await decodeImage(CMYK, "b.jpg"), 2, 2), RED);
  }
});

/** A colourful picture without sharp edges, which JPEG keeps within {@linkcode JPEG_TOLERANCE}. */
function softPicture(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const x = i % width, y = Math.floor(i / width);
    data.set([60 + x, 200 - y, 90 + (x + y) / 2], 3 * i);
  }
  return { width, height, data };
}

const SIZES = [[1, 1], [17, 33], [8, 8], [3, 2], [64, 40]] as const;

/** Files of all {@linkcode JPEG_KINDS} and {@linkcode SIZES}, with the pictures that they are made of. */
async function encodeAll(): Promise<{ name: string; source: RgbImage; file: Uint8Array }[]> {
  const files = [];
  for (const [kind, options] of Object.entries(JPEG_KINDS)) {
    for (const [width, height] of SIZES) {
      const source = softPicture(width, height);
      const file = await encodeJpeg(source, options);
      files.push({ name: `${kind}, ${width}x${height}`, source, file });
    }
  }
  return files;
}

/** The luma of {@linkcode RgbImage} pixels. Source: ITU-T T.871, section 7. */
function luma(data: Uint8Array, at: number): number {
  return 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}

Deno.test("decodeImage() reads every kind of JPEG at odd sizes", async () => {
  for (const { name, source, file } of await encodeAll()) {
    const { width, height, data } = await decodePixels(file);
    assert.deepEqual([width, height, data.length], [
      source.width,
      source.height,
      3 * width * height,
    ]);
    const expected = name.includes("gray")
      ? source.data.map((_, i) => luma(source.data, i - i % 3))
      : source.data;
    data.forEach((value, i) => {
      const near = Math.abs(value - expected[i]!) <= JPEG_TOLERANCE;
      assert.ok(near, `${name}: byte ${i} is ${value}, expected about ${expected[i]}`);
    });
  }
});

const SAMPLE = new URL("../../../data/sample/Img/img_align_celeba/", import.meta.url);
/** CRC-32 of the pixels of the sample's first files, as OpenCV 4.6 with libjpeg-turbo decodes them. */
const SAMPLE_PIXELS = [0xed20b4ba, 0x2bffcd74, 0x704dce0a, 0xa0875cb0, 0xb7c9cd7f];

function readSample(number: number): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(`${String(number).padStart(6, "0")}.jpg`, SAMPLE));
}

Deno.test("decodeImage() gives the recorded pixels of the sample's files", async () => {
  const checksums: number[] = [];
  for (let i = 1; i <= SAMPLE_PIXELS.length; i++) {
    checksums.push(crc32((await decodePixels(readSample(i))).data));
  }
  assert.deepEqual(checksums, SAMPLE_PIXELS);
});

Deno.test({
  name: "decodeImage() equals OpenCV's libjpeg-turbo bit for bit",
  ignore: !hasOpenCv,
  async fn() {
    const samples = [1, 2, 3, 100, 480].map((n) => ({ name: `sample ${n}`, file: readSample(n) }));
    const files = [...samples, ...await encodeAll()];
    const sizes = JSON.stringify(files.map(({ file }) => file.length));
    const pixels = await runOpenCv("decode_opencv.py", [
      new TextEncoder().encode(sizes + "\n"),
      ...files.map(({ file }) => new Uint8Array(file)),
    ]);
    let at = 0;
    for (const { name, file } of files) {
      const { data } = await decodePixels(file);
      const expected = pixels.subarray(at, at += data.length);
      const wrong = data.findIndex((value, i) => value !== expected[i]);
      assert.equal(wrong, -1, `${name}: byte ${wrong} is ${data[wrong]}, not ${expected[wrong]}`);
    }
    assert.equal(at, pixels.length);
  },
});

/** A JPEG with bytes between its data and its end marker. */
function withLeftOver(file: Uint8Array, bytes: readonly number[]): Uint8Array {
  return Uint8Array.of(...file.subarray(0, -2), ...bytes, 0xff, 0xd9);
}

/** A JPEG with a comment of 50,000 bytes, without which it is too short for a large picture. */
function withComment(file: Uint8Array): Uint8Array {
  const comment = new Uint8Array(2 + 50_000);
  comment.set([0xff, 0xfe, 50_000 >> 8, 50_000 & 0xff]);
  return Uint8Array.of(...file.subarray(0, 2), ...comment, ...file.subarray(2));
}

/** COLOUR with the byte at a distance from a marker's beginning set. */
function withByte(marker: number, distance: number, value: number): Uint8Array {
  const bytes = COLOUR.slice();
  const at = bytes.findIndex((code, i) => code === 0xff && bytes[i + 1] === marker);
  bytes[at + distance] = value;
  return bytes;
}

Deno.test("decodeImage() refuses what libjpeg only warns of, with its reason", async () => {
  const face = readSample(1);
  const half = Uint8Array.of(...face.subarray(0, face.length / 2), 0xff, 0xd9);
  const unsupported = "the JPEG is damaged or of an unsupported kind";
  const cases: [bytes: Uint8Array, reason: string][] = [
    [half, "the JPEG is damaged: premature end of data segment"],
    [claiming(16, 80), "the JPEG is damaged: premature end of data segment"],
    // Takes more memory than a decoder may keep.
    [withComment(claiming(5_000, 5_000)), "the JPEG is damaged: premature end of data segment"],
    [
      withLeftOver(face, [1, 2, 3, 4, 5, 6, 7, 8]),
      "the JPEG is damaged: 8 extraneous bytes before marker 0xd9",
    ],
    [withByte(0xc0, 1, 0xc9), `${unsupported}: Sorry, arithmetic coding is not implemented`],
    [withByte(0xc0, 1, 0xc3), `${unsupported}: Unsupported JPEG process: SOF type 0xc3`],
    [withByte(0xc0, 4, 12), `${unsupported}: Unsupported JPEG data precision 12`],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(decodePixels(bytes), { name: "SyntaxError", message });
    assertNear(pixel(await decodePixels(COLOUR), 2, 2), RED);
  }
});

Deno.test("decodeImage() does not wear out by JPEGs that stop the decoder", async () => {
  // Each would leave a part of the decoder's stack, 64 KiB, taken.
  for (let i = 0; i < 400; i++) await assert.rejects(decodePixels(withByte(0xc0, 1, 0xc9)));
  assert.equal(crc32((await decodePixels(readSample(1))).data), SAMPLE_PIXELS[0]);
});

Deno.test("decodeImage() accepts JPEGs with padding or an odd header", async () => {
  const expected = await decodePixels(COLOUR);
  assert.deepEqual(await decodePixels(withLeftOver(COLOUR, Array(100).fill(0))), expected);
  assert.deepEqual(await decodePixels(withByte(0xe0, 9, 9)), expected, "JFIF 9.1");
  assert.deepEqual(await decodePixels(withByte(0xda, 12, 0)), expected, "a scan to coefficient 0");
  assert.deepEqual(await decodePixels(Uint8Array.of(...COLOUR, 1, 2, 3)), expected, "a trailer");
});

/** Flips a byte of the scan, or cuts a stretch out of it. */
function mutate(file: Uint8Array, random: Random): Uint8Array {
  const scan = file.findIndex((code, i) => code === 0xff && file[i + 1] === 0xda) + 14;
  const at = scan + random.integer(file.length - 2 - scan);
  if (random.next() < 0.5) {
    const bytes = file.slice();
    bytes[at]! ^= 1 + random.integer(255);
    return bytes;
  }
  const after = at + random.integer(file.length - at);
  return Uint8Array.of(...file.subarray(0, at), ...file.subarray(after));
}

Deno.test("decodeImage() survives 300 damaged JPEGs in silence", async (t) => {
  const said: unknown[] = [];
  const { log, warn, error } = globalThis.console;
  const hear = (...words: unknown[]) => void said.push(...words);
  Object.assign(globalThis.console, { log: hear, warn: hear, error: hear });
  try {
    const file = readSample(1);
    const expected = crc32((await decodePixels(file)).data);
    const random = new Random(t.name);
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      try {
        const { width, height, data } = await decodePixels(mutate(file, random));
        assert.equal(data.length, 3 * width * height);
      } catch (cause) {
        if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
        refused++;
      }
      assert.equal(crc32((await decodePixels(file)).data), expected, `after mutation ${i}`);
    }
    assert.ok(refused > 100 && refused < 300, `${refused} of 300 were refused`);
  } finally {
    Object.assign(globalThis.console, { log, warn, error });
  }
  assert.deepEqual(said, []);
});

Deno.test("readImage() names the path of a file that is no picture", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jpg" });
  try {
    await assert.rejects(readImage(path), { message: `Cannot decode ${path}: the file is empty` });
    await Deno.writeFile(path, GRAY);
    assert.equal((await readImage(path)).width, 16);
  } finally {
    await Deno.remove(path);
  }
});

/** A picture whose three channels hold `values`, `values` + 1 and 0. */
function picture(width: number, height: number, values: number[]): RgbImage {
  return { width, height, data: Uint8Array.from(values.flatMap((value) => [value, value + 1, 0])) };
}

function reds(image: RgbImage): number[] {
  return [...image.data.filter((_, i) => i % 3 === 0)];
}

Deno.test("resizeImage() interpolates between pixel centres when it enlarges", () => {
  const image = resizeImage(picture(2, 1, [0, 100]), 4, 1);
  assert.deepEqual(reds(image), [0, 25, 75, 100]);
  assert.deepEqual([image.data[1], image.data[2]], [1, 0]);
  assert.deepEqual(reds(resizeImage(picture(1, 2, [0, 100]), 1, 4)), [0, 25, 75, 100]);
  assert.deepEqual(reds(resizeImage(picture(1, 1, [7]), 3, 2)), [7, 7, 7, 7, 7, 7]);
});

Deno.test("resizeImage() averages the covered area when it shrinks", () => {
  assert.deepEqual(reds(resizeImage(picture(4, 1, [0, 10, 100, 200]), 2, 1)), [5, 150]);
  assert.deepEqual(reds(resizeImage(picture(2, 2, [0, 10, 100, 210]), 1, 1)), [80]);
  // Each output pixel covers one and a half: (30 + 60/2) / 1.5 and (60/2 + 90) / 1.5.
  assert.deepEqual(reds(resizeImage(picture(3, 1, [30, 60, 90]), 2, 1)), [40, 80]);
});

Deno.test("resizeImage() keeps an even picture even at any size, and the same size as it is", () => {
  const image = picture(7, 5, Array(35).fill(93));
  assert.equal(resizeImage(image, 7, 5), image);
  for (const [width, height] of [[1, 1], [3, 9], [6, 4], [13, 2], [64, 65]] as const) {
    const resized = resizeImage(image, width, height);
    assert.deepEqual([resized.width, resized.height], [width, height]);
    assert.ok(reds(resized).every((value) => value === 93), `${width}x${height}`);
  }
  assert.throws(() => resizeImage(image, 0, 5), { name: "RangeError" });
});

Deno.test("encodePng() refuses data that fit no number of channels", async () => {
  await assert.rejects(encodePng({ width: 2, height: 2, data: new Uint8Array(8) }), {
    name: "TypeError",
    message: "Cannot write a PNG: 2x2 pixels need 1, 3 or 4 bytes each, got 8",
  });
});
