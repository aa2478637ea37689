/** Bad and odd image files through the real stage, on a worker thread. */

import assert from "node:assert/strict";
import { join } from "node:path";
import encode, { init } from "@jsquash/jpeg/encode.js";
import encoderBytes from "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm" with { type: "bytes" };
import { encodePng, type RgbImage } from "../../../pipeline/image/image.ts";
import { landmarks } from "../../../pipeline/landmarks.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { drawFace, drawFaces } from "../../fixtures/drawn_face.ts";
import { inFolder, recordOf, run } from "../../fixtures/face_records.ts";

await init(new WebAssembly.Module(encoderBytes));

type EncoderOptions = NonNullable<Parameters<typeof encode>[1]>;

/** A JPEG of a picture; `color_space` 1 makes it gray. */
async function jpegOf({ width, height, data }: RgbImage, options: EncoderOptions = {}) {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  const settings = { quality: 95, baseline: true, progressive: false, ...options };
  return new Uint8Array(await encode(new ImageData(rgba, width, height), settings));
}

/** Where a marker's segment begins in a JPEG. */
function markerAt(jpeg: Uint8Array, marker: number): number {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === marker);
  assert(at > 0, `no marker ${marker.toString(16)}`);
  return at;
}

function segment(jpeg: Uint8Array, marker: number): Uint8Array {
  const at = markerAt(jpeg, marker);
  return jpeg.subarray(at, at + 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!);
}

const SOF = 0xc0;
const DHT = 0xc4;
const DQT = 0xdb;
const SOS = 0xda;

/**
 * A JPEG of four inks, stored inverted as Adobe does: cyan, magenta and yellow are what red, green and
 * blue lack, and there is no black. Each ink has a scan of its own, which was a gray JPEG's.
 */
async function cmykJpegOf({ width, height, data }: RgbImage): Promise<Uint8Array> {
  const planes = await Promise.all([0, 1, 2, 3].map((ink) => {
    const plane = data.map((_, i) => ink === 3 ? 255 : data[i - i % 3 + ink]!);
    return jpegOf({ width, height, data: plane }, { color_space: 1 });
  }));
  const adobe = [0xff, 0xee, 0, 14, ...new TextEncoder().encode("Adobe"), 0, 100, 0, 0, 0, 0, 0];
  const inks = [1, 2, 3, 4].flatMap((id) => [id, 0x11, 0]);
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const frame = [0xff, SOF, 0, 8 + inks.length, 8, ...size, 4, ...inks];
  const scans = planes.flatMap((gray, ink) => {
    const scan = gray.slice(markerAt(gray, SOS), -2);
    scan[5] = ink + 1;
    return [tables(gray), scan];
  });
  const [first] = planes as [Uint8Array];
  const parts = [[0xff, 0xd8], adobe, segment(first, DQT), frame, ...scans, [0xff, 0xd9]];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** All Huffman tables of a JPEG. */
function tables(jpeg: Uint8Array): Uint8Array {
  const end = markerAt(jpeg, SOS);
  const parts: number[] = [];
  for (let at = 0; at < end; at++) {
    if (jpeg[at] === 0xff && jpeg[at + 1] === DHT) {
      parts.push(...segment(jpeg.subarray(at - 1), DHT));
    }
  }
  return Uint8Array.from(parts);
}

/** A JPEG with an EXIF segment that holds nothing but an orientation. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
  ];
  const body = [...new TextEncoder().encode("Exif"), 0, 0, ...tiff, 0, 0, 0, 0];
  return Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, ...jpeg.subarray(2));
}

/** The picture turned by a quarter, clockwise, `times` times. */
function turned({ width, height, data }: RgbImage, times: number): RgbImage {
  if (times === 0) return { width, height, data };
  const next = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      next.set(data.subarray(from, from + 3), 3 * (x * height + height - 1 - y));
    }
  }
  return turned({ width: height, height: width, data: next }, times - 1);
}

/** A JPEG whose header claims another size than its scan has. */
function claiming(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = jpeg.slice();
  const frame = new DataView(bytes.buffer, markerAt(bytes, SOF));
  frame.setUint16(5, height);
  frame.setUint16(7, width);
  return bytes;
}

/** Writes the files and looks for their faces. */
async function find(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<Map<string, FaceRecord>> {
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === "string") await Deno.writeTextFile(join(folder, name), content);
    else await Deno.writeFile(join(folder, name), content);
  }
  const names = Object.keys(files);
  const records = await run(
    landmarks({ detector: "tiny", workers: 1, predictor: null }),
    names.map((name) => recordOf(name, { path: join(folder, name) })),
  );
  assert.deepEqual(records.map(({ image }) => image), names);
  return new Map(records.map((record) => [record.image, record]));
}

function furthest(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

Deno.test("landmarks() finds the same face in every kind of JPEG", () =>
  inFolder(async (folder) => {
    const picture = drawFaces(256, 208, [[192, 40, 8]]);
    const orientations: [orientation: number, quarters: number][] = [[1, 0], [6, 3], [3, 2], [
      8,
      1,
    ]];
    const rotated: Record<string, Uint8Array> = {};
    for (const [orientation, quarters] of orientations) {
      const jpeg = await jpegOf(turned(picture, quarters));
      rotated[`exif${orientation}.jpg`] = withOrientation(jpeg, orientation);
    }
    const records = await find(folder, {
      "plain.png": await encodePng(picture),
      "plain.jpg": await jpegOf(picture),
      "progressive.jpg": await jpegOf(picture, { progressive: true, baseline: false }),
      "cmyk.jpg": await cmykJpegOf(picture),
      "gray.jpg": await jpegOf(picture, { color_space: 1 }),
      ...rotated,
    });
    const plain = records.get("plain.png")!;
    for (const [name, { size, points, rejected }] of records) {
      assert.equal(rejected, null, name);
      assert.deepEqual(size, [256, 208], name);
      // Coding noise moves the points by a fraction of a pixel; a face without colour is another picture.
      const allowed = name === "gray.jpg" ? 5 : 1.5;
      const off = furthest(points!, plain.points!);
      assert(off < allowed, `${name}: ${off} pixels off`);
    }
    // The eye's outer corner as it was drawn.
    const [x, y] = plain.points!.subarray(72);
    assert(Math.hypot(x! - 40 - 0.355 * 192, y! - 8 - 0.48 * 192) < 10, `${x}, ${y}`);
  }));

Deno.test("landmarks() rejects bad files with their reasons, and goes on", () =>
  inFolder(async (folder) => {
    const face = await jpegOf(drawFace(200));
    const half = face.subarray(0, face.length / 2);
    const noise = face.slice();
    noise.fill(0x5a, markerAt(face, SOS) + 40, markerAt(face, SOS) + 400);
    const gray = (side: number) => ({
      width: side,
      height: side,
      data: new Uint8Array(3 * side * side),
    });
    const records = await find(folder, {
      "a.jpg": face,
      "cut.jpg": half,
      "closed.jpg": Uint8Array.of(...half, 0xff, 0xd9),
      "noise.jpg": noise,
      "empty.jpg": new Uint8Array(),
      "text.png": "image_name,x_0\n",
      "huge.jpg": claiming(face, 12_000, 12_000),
      "tall.jpg": claiming(face, 200, 20_000),
      "taller.jpg": claiming(face, 200, 60_000),
      "none.jpg": claiming(face, 0, 200),
      "pixel.jpg": await jpegOf(gray(1)),
      "pixel.png": await encodePng(gray(1)),
      "black.png": await encodePng(gray(90)),
      "z.jpg": face,
    });
    const damaged = "not an image: the JPEG is damaged: premature end of data segment";
    const large = "not an image: the picture is too large: 12000x12000 is more than 64 megapixels";
    const small = "not an image: the JPEG is damaged or cut short: " +
      `${face.length - 2} bytes cannot hold 200x60000 pixels`;
    assert.deepEqual([...records].map(([name, { rejected, size }]) => [name, rejected, size]), [
      ["a.jpg", null, [200, 200]],
      ["cut.jpg", "not an image: the JPEG is damaged or cut short: its end is missing", null],
      ["closed.jpg", damaged, null],
      ["noise.jpg", damaged, null],
      ["empty.jpg", "not an image: the file is empty", null],
      [
        "text.png",
        "not an image: the file is no picture of a known kind; AVIF, BMP, GIF, JPEG, PNG, TIFF, WebP are read",
        null,
      ],
      ["huge.jpg", large, null],
      ["tall.jpg", damaged, null],
      ["taller.jpg", small, null],
      ["none.jpg", "not an image: the picture has no pixels (0x200)", null],
      ["pixel.jpg", "no face found", [1, 1]],
      ["pixel.png", "no face found", [1, 1]],
      ["black.png", "no face found", [90, 90]],
      ["z.jpg", null, [200, 200]],
    ]);
    assert.deepEqual(records.get("a.jpg")!.points, records.get("z.jpg")!.points);
    for (const { rejected, points } of records.values()) {
      assert.equal(points === null, rejected !== null);
    }
  }));

Deno.test("landmarks() rejects what it cannot read, and goes on", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "face.png"), await encodePng(drawFace(160)));
    await Deno.mkdir(join(folder, "folder.jpg"));
    const names = ["absent.jpg", "folder.jpg", "face.png"];
    const records = await run(
      landmarks({ detector: "tiny", workers: 1, predictor: null }),
      names.map((name) => recordOf(name, { path: join(folder, name) })),
    );
    assert.equal(records[0]!.rejected, "cannot read: there is no such file");
    assert.match(records[1]!.rejected!, /^cannot read: /);
    assert.equal(records[2]!.rejected, null);
  }));
