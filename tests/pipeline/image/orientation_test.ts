import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { decodeImage, type RgbImage, sizeOfPicture } from "../../../pipeline/image/image.ts";
import { joinPng } from "../../endurance/fuzz/pictures.ts";
import { exifData, LEFT_HALF } from "../../fixtures/exif_data.ts";
import { COLOUR } from "../../fixtures/jpeg_files.ts";

type Chunk = readonly [name: string, content: Uint8Array];

const PIXELS: Chunk = [
  "IDAT",
  deflateSync(Uint8Array.from({ length: 8 * 49 }, (_, i) => i % 49 > 0 && i % 49 < 25 ? 200 : 0)),
];

/** A PNG of 16 x 8 pixels, bright on the left, of these chunks. */
function pngOf(...chunks: Chunk[]): Uint8Array<ArrayBuffer> {
  const header = { width: 16, height: 8, depth: 8, colour: 2, isInterlaced: false };
  return joinPng(header, chunks);
}

function assertTurned({ width, height, data }: RgbImage, orientation: number, name: string): void {
  const [x, y, expected] = LEFT_HALF[orientation]!;
  assert.deepEqual([width, height], [expected, 128 / expected], name);
  const red = (column: number, row: number) => data[3 * (row * width + column)]!;
  assert.ok(red(x, y) > 150, `${name}: bright`);
  assert.ok(red(width - 1 - x, height - 1 - y) < 50, `${name}: dark`);
}

Deno.test("decodeImage() turns a PNG as its eXIf says, before its pixels or behind", async () => {
  for (const little of [true, false]) {
    for (const orientation of Object.keys(LEFT_HALF).map(Number)) {
      const exif: Chunk = ["eXIf", exifData(orientation, little)];
      const marked: Chunk = [
        "eXIf",
        Uint8Array.of(...new TextEncoder().encode("Exif\0\0"), ...exif[1]),
      ];
      for (const chunks of [[exif, PIXELS], [PIXELS, exif], [marked, PIXELS]]) {
        const file = pngOf(...chunks);
        const image = await decodeImage(file, "a.png");
        assertTurned(image, orientation, `orientation ${orientation}, ${chunks[0]![0]} first`);
        assert.deepEqual(sizeOfPicture(file), [image.width, image.height]);
      }
    }
  }
});

Deno.test("decodeImage() leaves a PNG as it lies whose eXIf makes no sense", async () => {
  const good = exifData(6, false);
  const changed = (at: number, ...bytes: number[]) => {
    const exif = good.slice();
    exif.set(bytes, at);
    return exif;
  };
  const broken: Record<string, Uint8Array> = {
    "nothing": new Uint8Array(),
    "one byte": good.subarray(0, 1),
    "no byte order": changed(0, 1, 1),
    "no 42": changed(2, 0, 43),
    "a directory far away": changed(4, 255, 255, 255, 255),
    "a directory at the end": changed(4, 0, 0, 0, 25),
    "more entries than there are": Uint8Array.of(...changed(8, 255, 255).subarray(0, 14)),
    "no entry": changed(8, 0, 0),
    "a tag of text": changed(12, 0, 2),
    "orientation 0": exifData(0, true),
    "orientation 9": exifData(9, true),
  };
  for (const [name, exif] of Object.entries(broken)) {
    assertTurned(await decodeImage(pngOf(["eXIf", exif], PIXELS), "a.png"), 1, name);
  }
  const file = pngOf(["eXIf", good], PIXELS);
  const at = file.findIndex((_, i) => file[i] === 0x65 && file[i + 1] === 0x58);
  file[at + 30]! ^= 1;
  const { width } = await decodeImage(file, "a.png").catch(() => ({ width: 16 }));
  assert.equal(width, 16, "a wrong checksum");
});

Deno.test("decodeImage() keeps a JPEG's orientation when XMP follows its EXIF data", async () => {
  const segment = (text: string, content: Uint8Array) => {
    const bytes = [...new TextEncoder().encode(text), ...content];
    return [0xff, 0xe1, 0, bytes.length + 2, ...bytes];
  };
  const exif = segment("Exif\0\0", exifData(6, true));
  const xmp = segment("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>", new Uint8Array());
  for (const segments of [[...exif, ...xmp], [...xmp, ...exif]]) {
    const file = Uint8Array.of(0xff, 0xd8, ...segments, ...COLOUR.subarray(2));
    assertTurned(await decodeImage(file, "a.jpg"), 6, "orientation 6");
  }
});
