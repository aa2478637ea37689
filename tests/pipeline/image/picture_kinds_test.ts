/** Pictures of kinds other than JPEG and PNG: their pixels, their sizes, and which way up they are. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  decodeImage,
  readImage,
  type RgbImage,
  sizeOfPicture,
} from "../../../pipeline/image/image.ts";
import { brandsOf } from "../../../pipeline/image/codecs/iso_boxes.ts";
import { kindOfBytes, kindOfName } from "../../../pipeline/image/picture_kinds.ts";
import { hasPillow, readWithPillow } from "../../contexts/pillow_context.ts";
import { exifData, LEFT_HALF } from "../../fixtures/exif_data.ts";
import { ODD_FILES, PICTURE_FILES } from "../../fixtures/picture_files.ts";
import { realData } from "../../contexts/real_data.ts";

/** What lossy files lose of even colours, at most. */
const TOLERANCE = 4;

function pixel({ width, data }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

function assertNear(got: number[], expected: number[], name: string): void {
  const isNear = got.every((value, i) => Math.abs(value - expected[i]!) <= TOLERANCE);
  assert.ok(isNear, `${name}: got ${got}, expected about ${expected}`);
}

function assertTurned(image: RgbImage, orientation: number, name: string): void {
  const [x, y, width] = LEFT_HALF[orientation]!;
  assert.deepEqual([image.width, image.height], [width, 128 / width], name);
  assertNear(pixel(image, x, y), [200, 30, 30], name);
  assertNear(pixel(image, width - 1 - x, image.height - 1 - y), [20, 40, 210], name);
}

Deno.test("decodeImage() reads WebP, AVIF, GIF, TIFF and BMP files", async () => {
  for (const [name, file] of Object.entries(PICTURE_FILES)) {
    assertTurned(await decodeImage(file, name), 1, name);
    assert.deepEqual(sizeOfPicture(file), [16, 8], name);
    assert.equal(kindOfBytes(file)!.name, /^\w+/.exec(name)![0]);
  }
});

Deno.test("decodeImage() reads gray pictures, and lays transparent ones over white", async () => {
  const expected: Record<string, [number[], number[]]> = {
    "TIFF, gray": [[81, 81, 81], [53, 53, 53]],
    "TIFF, one bit": [[255, 255, 255], [0, 0, 0]],
    "BMP, one bit": [[255, 255, 255], [0, 0, 0]],
    "TIFF, alpha": [[227, 142, 142], [137, 147, 232]],
    "WebP, alpha": [[227, 142, 142], [137, 147, 232]],
  };
  for (const [name, [left, right]] of Object.entries(expected)) {
    const image = await decodeImage(ODD_FILES[name]!, name);
    assertNear(pixel(image, 2, 2), left, name);
    assertNear(pixel(image, 13, 5), right, name);
  }
});

Deno.test("decodeImage() turns WebP and TIFF files as their orientation says", async () => {
  for (const name of ["TIFF, orientation 6", "WebP, orientation 6"]) {
    assertTurned(await decodeImage(ODD_FILES[name]!, name), 6, name);
    assert.deepEqual(sizeOfPicture(ODD_FILES[name]!), [8, 16], name);
  }
  const webp = ODD_FILES["WebP, orientation 6"]!;
  const at = textAt(webp, "EXIF") + 8;
  const tag = textAt(ODD_FILES["TIFF, orientation 6"]!, "\x12\x01\x03\0\x01\0\0\0") + 8;
  for (const orientation of Object.keys(LEFT_HALF).map(Number)) {
    for (const little of [true, false]) {
      const file = Uint8Array.of(...webp.subarray(0, at), ...exifData(orientation, little));
      assertTurned(await decodeImage(file, "a.webp"), orientation, `WebP ${orientation}`);
    }
    const tiff = ODD_FILES["TIFF, orientation 6"]!.slice();
    tiff[tag] = orientation;
    assertTurned(await decodeImage(tiff, "a.tiff"), orientation, `TIFF ${orientation}`);
  }
});

/** Rotation by quarters against the clock, then mirroring, as EXIF tells them. Source: HEIF, 6.5.10 and 12. */
const AVIF_TURNS = [
  ...([[0, null, 1], [1, null, 8], [2, null, 3], [3, null, 6]] as const),
  ...([[0, 1, 2], [0, 0, 4], [1, 0, 5], [3, 0, 7], [2, 0, 2], [2, 1, 4], [3, 1, 5]] as const),
];

Deno.test("decodeImage() turns an AVIF as its irot and imir say", async () => {
  for (const [quarters, mirror, orientation] of AVIF_TURNS) {
    const file = turnedAvif(PICTURE_FILES["AVIF"]!, quarters, mirror);
    const name = `AVIF, ${quarters} quarters, mirrored by ${mirror}`;
    const image = await decodeImage(file, name);
    assertTurned(image, orientation, name);
    assert.deepEqual(sizeOfPicture(file), [image.width, image.height]);
  }
});

function textAt(bytes: Uint8Array, text: string): number {
  const at = String.fromCharCode(...bytes).indexOf(text);
  assert.ok(at >= 0, text);
  return at;
}

/** An AVIF of one picture with two properties more. */
function turnedAvif(file: Uint8Array, quarters: number, mirror: number | null): Uint8Array {
  const box = (
    type: string,
    value: number,
  ) => [0, 0, 0, 9, ...new TextEncoder().encode(type), value];
  const boxes = [box("irot", quarters), ...(mirror === null ? [] : [box("imir", mirror)])];
  const [meta, iprp, ipco, ipma, iloc] = ["meta", "iprp", "ipco", "ipma", "iloc"]
    .map((type) => textAt(file, type) - 4) as [number, number, number, number, number];
  const view = new DataView(file.slice().buffer);
  const count =
    ["av1C", "ispe", "pixi", "colr"].filter((type) => String.fromCharCode(...file).includes(type))
      .length;
  const grown = 10 * boxes.length;
  const grow = (at: number, by: number) => view.setUint32(at, view.getUint32(at) + by);
  [meta, iprp].forEach((at) => grow(at, grown));
  grow(ipco, 9 * boxes.length);
  grow(ipma, boxes.length);
  grow(iloc + 20, grown); // where the picture begins
  const links = ipma + 18; // how many properties the first item has
  view.setUint8(links, view.getUint8(links) + boxes.length);
  const bytes = new Uint8Array(view.buffer);
  const after = links + 1;
  return Uint8Array.of(
    ...bytes.subarray(0, ipma),
    ...boxes.flat(),
    ...bytes.subarray(ipma, after),
    ...boxes.map((_, i) => 0x80 | count + 1 + i),
    ...bytes.subarray(after),
  );
}

Deno.test("decodeImage() shows an animation's first picture on its whole canvas", async () => {
  const gif = PICTURE_FILES["GIF"]!.slice();
  const view = new DataView(gif.buffer);
  view.setUint16(6, 20, true);
  view.setUint16(8, 11, true);
  const place = gif.indexOf(0x2c, 13);
  view.setUint16(place + 1, 3, true);
  view.setUint16(place + 3, 2, true);
  const image = await decodeImage(gif, "a.gif");
  assert.deepEqual([image.width, image.height], [20, 11]);
  assert.deepEqual(sizeOfPicture(gif), [20, 11]);
  assert.deepEqual(pixel(image, 2, 2), [255, 255, 255]);
  assertNear(pixel(image, 3, 2), [200, 30, 30], "the picture's first pixel");
  assertNear(pixel(image, 18, 9), [20, 40, 210], "its last");
});

Deno.test("kindOfBytes() and kindOfName() know pictures that are not read", () => {
  const brand = (...brands: string[]) =>
    "\0\0\0\x18ftyp" + brands[0] + "\0\0\0\0" + brands.slice(1).join("");
  const cases: [text: string, kind: string | null][] = [
    [brand("heic", "mif1"), "HEIC"],
    [brand("mif1", "heic"), "HEIC"],
    [brand("mif1", "avif"), "AVIF"],
    [brand("isom", "mp42"), null],
    ["\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"],
    ["\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"],
    ["8BPS\0\x01", "Photoshop"],
    ["P5\n13 9\n255\n", "netpbm"],
    ["P1 is a word", null],
    ["BM of what?", null],
    ["image_name,x_0", null],
    ["", null],
  ];
  for (const [text, kind] of cases) {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    assert.equal(kindOfBytes(bytes)?.name ?? null, kind, JSON.stringify(text));
  }
  assert.deepEqual(
    ["a.JPG", "b.jfif", "x/c.webp", "d.HEIC", "e.cr2", "f", ".jpg", "g.jpg.txt"].map((name) =>
      kindOfName(name)?.name ?? null
    ),
    ["JPEG", "JPEG", "WebP", "HEIC", "camera raw", null, null, null],
  );
  assert.deepEqual(brandsOf(Uint8Array.of(0, 0, 0, 1, 2)), []);
});

const CASES = await realData("cases");

Deno.test({
  name: "decodeImage() reads a photograph of each kind as it reads the JPEG",
  ignore: CASES === null,
  async fn() {
    const upright = await readImage(join(CASES!, "upright.jpg"));
    for (const name of ["no_ending", "photo.webp", "photo.avif", "photo.tiff", "photo.gif"]) {
      const { width, height, data } = await readImage(join(CASES!, name));
      assert.deepEqual([width, height], [upright.width, upright.height], name);
      const sum = data.reduce((sum, value, i) => sum + Math.abs(value - upright.data[i]!), 0);
      const mean = sum / data.length;
      assert.ok(mean < (name.endsWith("gif") ? 6 : 4), `${name}: ${mean.toFixed(2)} a value`);
    }
  },
});

Deno.test({
  name: "decodeImage() gives Pillow's pixels of WebP, GIF, BMP and TIFF files",
  ignore: !hasPillow,
  async fn() {
    // AVIF, 16 bits and CMYK are not read by every Pillow, or in another way.
    const files = Object.entries({ ...PICTURE_FILES, ...ODD_FILES })
      .filter(([name]) => !/^AVIF|16 bits|CMYK/.test(name));
    const peer = await readWithPillow(files.map(([, file]) => file));
    let at = 0;
    for (const [name, file] of files) {
      const { data } = await decodeImage(file, name);
      const expected = peer.subarray(at, at += data.length);
      const wrong = data.findIndex((value, i) => Math.abs(value - expected[i]!) > 1);
      assert.equal(wrong, -1, `${name}: byte ${wrong}`);
    }
    assert.equal(at, peer.length);
  },
});
