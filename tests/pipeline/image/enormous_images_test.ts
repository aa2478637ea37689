/**
 * Pictures that claim to be enormous, or are, from small files: refused by their headers, before memory is
 * asked for.
 */

import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { join } from "node:path";
import { decodePixels, encodePng, readImage } from "../../../pipeline/image/image.ts";
import { joinPng, pngFiles, type PngHeader } from "../../endurance/fuzz/pictures.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { CMYK, COLOUR, encodeJpeg, GRAY } from "../../fixtures/jpeg_files.ts";
import { PICTURE_FILES } from "../../fixtures/picture_files.ts";
import { ROOT } from "../../processes/task_command.ts";

const PLAIN: PngHeader = { width: 16, height: 16, depth: 8, colour: 2, isInterlaced: false };

/** A PNG whose pixels are black, and as many bytes behind them. */
function blackPng(header: Partial<PngHeader>, behind = 0): Uint8Array<ArrayBuffer> {
  const whole = { ...PLAIN, ...header };
  const samples = { 0: 1, 2: 3, 6: 4 }[whole.colour]!;
  const row = 1 + Math.ceil(whole.width * whole.depth * samples / 8);
  return joinPng(whole, [["IDAT", deflateSync(new Uint8Array(row * whole.height + behind))]]);
}

/** A PNG of 16 x 16 pixels that claims another size, its checksums being right. */
function claimingPng(width: number, height: number, header: Partial<PngHeader> = {}) {
  const pixels = deflateSync(new Uint8Array(16 * 49));
  return joinPng({ ...PLAIN, ...header, width, height }, [["IDAT", pixels]]);
}

/** A JPEG whose frame claims another size. */
function claimingJpeg(file: Uint8Array<ArrayBuffer>, width: number, height: number) {
  const bytes = file.slice();
  const at = bytes.findIndex((code, i) => code === 0xff && [0xc0, 0xc2].includes(bytes[i + 1]!));
  const view = new DataView(bytes.buffer);
  view.setUint16(at + 5, height);
  view.setUint16(at + 7, width);
  return bytes;
}

/** A progressive JPEG whose last scan comes `count` times more. */
async function manyScans(count: number, side = 64): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(3 * side * side).fill(100);
  const file = await encodeJpeg({ width: side, height: side, data }, { progressive: true });
  const last = file.findLastIndex((code, i) => code === 0xff && file[i + 1] === 0xda);
  const scan = file.subarray(last, -2);
  const bytes = new Uint8Array(file.length + count * scan.length);
  bytes.set(file.subarray(0, -2));
  for (let n = 0; n < count; n++) bytes.set(scan, file.length - 2 + n * scan.length);
  bytes.set([0xff, 0xd9], bytes.length - 2);
  return bytes;
}

/** A fixture with some bytes set, each list from a place on. */
function withBytes(name: string, changes: Readonly<Record<number, readonly number[]>>) {
  const bytes = PICTURE_FILES[name]!.slice();
  for (const [at, values] of Object.entries(changes)) bytes.set(values, Number(at));
  return bytes;
}

/** An AVIF that claims another size than it has. */
function claimingAvif(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = PICTURE_FILES["AVIF"]!.slice();
  const at = String.fromCharCode(...bytes).indexOf("ispe") + 8;
  const view = new DataView(bytes.buffer);
  view.setUint32(at, width);
  view.setUint32(at + 4, height);
  return bytes;
}

/** A TIFF whose tags for width and height claim others. */
function claimingTiff(name: string, width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = PICTURE_FILES[name]!.slice();
  const view = new DataView(bytes.buffer);
  const directory = view.getUint32(4, true);
  for (let at = directory + 2, i = view.getUint16(directory, true); i > 0; i--, at += 12) {
    const size = { 256: width, 257: height, 278: height }[view.getUint16(at, true)];
    if (size === undefined) continue;
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 8, size, true);
  }
  return bytes;
}

/** 65535 and 8000 of 16 bits, the lowest byte first. */
const MOST = [255, 255], MANY = [8000 & 255, 8000 >> 8];

/** As WebP's lossless header has it: one less of each, 14 bits. */
function losslessSize(width: number, height: number): number[] {
  const bits = (width - 1) | (height - 1) << 14;
  return [bits, bits >> 8, bits >> 16, bits >> 24].map((byte) => byte & 255);
}

const LARGE = /the picture is too large/;
const DAMAGED = /the (AVIF|JPEG|PNG|WebP) is damaged/;

/** Files by what they claim, with what is said of them. */
async function hostileFiles(): Promise<Record<string, [Uint8Array<ArrayBuffer>, RegExp]>> {
  const progressive = await manyScans(0);
  return {
    "JPEG, 65535 x 65535": [claimingJpeg(COLOUR, 65535, 65535), LARGE],
    "JPEG, 8000 x 8000 in 290 bytes": [claimingJpeg(COLOUR, 8000, 8000), /cannot hold 8000x8000/],
    "gray JPEG, 8000 x 8000": [claimingJpeg(GRAY, 8000, 8000), /cannot hold 8000x8000/],
    "CMYK JPEG, 8000 x 8000": [claimingJpeg(CMYK, 8000, 8000), /cannot hold 8000x8000/],
    "progressive JPEG, 8000 x 8000": [claimingJpeg(progressive, 8000, 8000), /cannot hold/],
    "progressive JPEG, 64 x 65535": [claimingJpeg(progressive, 64, 65535), /cannot hold/],
    "JPEG without rows": [claimingJpeg(COLOUR, 16, 0), /has no pixels \(16x0\)/],
    "JPEG of 5,000 scans": [await manyScans(5000), /scans: of 64x64 pixels, no more than 100 are/],
    "PNG, 2^31 x 2^31": [claimingPng(2 ** 31, 2 ** 31), LARGE],
    "PNG, 65535 x 65535": [claimingPng(65535, 65535), LARGE],
    "PNG, 8000 x 8000 of 16 x 16": [claimingPng(8000, 8000), DAMAGED],
    "interlaced PNG, 8000 x 8000": [claimingPng(8000, 8000, { isInterlaced: true }), DAMAGED],
    "PNG with 64 bits a pixel": [claimingPng(8000, 8000, { depth: 16, colour: 6 }), LARGE],
    "PNG without columns": [claimingPng(0, 16), /has no pixels \(0x16\)/],
    "PNG that unpacks to 100 MB more": [blackPng({}, 100e6), DAMAGED],
    "AVIF, 65535 x 65535": [claimingAvif(65535, 65535), LARGE],
    "AVIF, 8000 x 8000 of 16 x 8": [claimingAvif(8000, 8000), DAMAGED],
    "BMP, 65535 x 65535": [withBytes("BMP, 24 bits", { 18: MOST, 22: MOST }), LARGE],
    "BMP, 8000 x 8000": [withBytes("BMP, 24 bits", { 18: MANY, 22: MANY }), /or cut short/],
    "GIF, 65535 x 65535": [withBytes("GIF", { 6: [...MOST, ...MOST] }), LARGE],
    "GIF, 8000 x 8000": [withBytes("GIF", { 6: [...MANY, ...MANY] }), /cannot hold 8000x8000/],
    "TIFF, 2^31 x 2^31": [claimingTiff("TIFF", 2 ** 31, 2 ** 31), LARGE],
    "TIFF, 8000 x 8000": [claimingTiff("TIFF, LZW", 8000, 8000), /cannot hold 8000x8000/],
    "TIFF of JPEG, 8000 x 8000": [claimingTiff("TIFF, JPEG", 8000, 8000), /cannot hold 8000x8000/],
    "lossy WebP, 8000 x 8000": [
      withBytes("WebP, lossy", { 26: [...MANY, ...MANY] }),
      /cannot hold 8000x8000/,
    ],
    "lossless WebP, 16384 x 16384": [
      withBytes("WebP, lossless", { 21: [255, 255, 255, 15] }),
      LARGE,
    ],
    "lossless WebP, 7000 x 7000 of 16 x 8": [
      withBytes("WebP, lossless", { 21: losslessSize(7000, 7000) }),
      DAMAGED,
    ],
    "SVG": [
      new TextEncoder().encode("<svg width='9' height='9'/>"),
      /is no picture of a known kind/,
    ],
  };
}

Deno.test("enormous pictures are refused in words", async () => {
  for (const [name, [bytes, reason]] of Object.entries(await hostileFiles())) {
    await assert.rejects(decodePixels(bytes), (error) => {
      assert.ok(error instanceof SyntaxError || error instanceof RangeError, `${name}: ${error}`);
      assert.match(error.message, reason, name);
      return true;
    });
  }
});

Deno.test("enormous pictures are refused in 200 MiB", () =>
  inFolder(async (folder) => {
    const files = await hostileFiles();
    const paths = await Promise.all(
      Object.values(files).map(async ([bytes], i) => {
        const path = join(folder, `${i}.jpg`);
        await Deno.writeFile(path, bytes);
        return path;
      }),
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", DECODER, ...paths],
    }).output();
    const said = new TextDecoder().decode(stdout);
    const [refused, peak] = said.split(" ").map(Number);
    assert.equal(refused, paths.length, said + new TextDecoder().decode(stderr));
    assert.ok(peak! < 200, `${peak} MiB`);
  }));

const DECODER = join(ROOT, "tests", "endurance", "fuzz", "decode_all.ts");

Deno.test("every kind of PNG is still read, and a progressive JPEG of a few scans", async () => {
  for (const file of pngFiles()) assert.equal((await decodePixels(file)).width, 13);
  assert.equal((await decodePixels(await manyScans(20))).width, 64);
  const { width, data } = await decodePixels(blackPng({ width: 300, height: 200, depth: 16 }));
  assert.deepEqual([width, data.length, data.every((value) => value === 0)], [300, 180_000, true]);
});

Deno.test("a picture of more than 4 megapixels keeps its pixels", async () => {
  const [width, height] = [2003, 2001];
  const data = new Uint8Array(3 * width * height).fill(120);
  data.fill(200, 0, 3 * width * 64);
  const image = await decodePixels(await encodeJpeg({ width, height, data }, { baseline: true }));
  assert.equal(image.data.length, data.length);
  const wrong = image.data.findIndex((value, i) => value !== data[i]);
  assert.equal(wrong, -1, `byte ${wrong}`);
});

Deno.test("readImage() refuses what is no file, and may never end", () =>
  inFolder(async (folder) => {
    await assert.rejects(readImage(folder), { name: "TypeError", message: /is not a file$/ });
    if (Deno.build.os === "windows") return;
    await assert.rejects(readImage("/dev/zero"), { message: "/dev/zero is not a file" });
    const small = join(folder, "small.png");
    await Deno.writeFile(small, await encodePng({ width: 1, height: 1, data: Uint8Array.of(7) }));
    await Deno.truncate(small, 257 * 2 ** 20);
    await assert.rejects(readImage(small), { name: "RangeError", message: /257 MiB$/ });
  }));
