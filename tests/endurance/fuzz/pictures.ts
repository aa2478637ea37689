/** Picture files of every kind that is read, small, to be damaged. */

import { crc32, deflateSync } from "node:zlib";
import { Random } from "../../../pipeline/numbers/random.ts";
import { CMYK, COLOUR, encodeJpeg, GRAY, JPEG_KINDS } from "../../fixtures/jpeg_files.ts";
import { ODD_FILES, PICTURE_FILES } from "../../fixtures/picture_files.ts";

/** The fixtures, and each kind that the encoder writes, at an odd size. */
export async function jpegFiles(): Promise<Uint8Array<ArrayBuffer>[]> {
  const [width, height] = [37, 21];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => 60 + i % 97 + i % 11);
  const encoded = Object.values(JPEG_KINDS).map((kind) =>
    encodeJpeg({ width, height, data }, kind)
  );
  return [COLOUR, GRAY, CMYK, ...await Promise.all(encoded)];
}

/** The fixtures of one other kind, such as `WebP`. */
export function otherFiles(kind: string): Uint8Array<ArrayBuffer>[] {
  return Object.entries({ ...PICTURE_FILES, ...ODD_FILES })
    .filter(([name]) => name.startsWith(kind))
    .map(([, file]) => file);
}

/** What a PNG's header says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly depth: number;
  /** 0 gray, 2 colour, 3 palette, 4 gray with alpha, 6 colour with alpha. */
  readonly colour: number;
  readonly isInterlaced: boolean;
}

/** Samples a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Columns and rows of Adam7's passes: first, and from one to the next. Source: PNG, section 8.2. */
const PASSES = [
  ...[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2]],
  [0, 1, 1, 2],
] as const;

/** Depths by colour type. */
const DEPTHS = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
} as const;

/** All combinations of colour type, depth and interlacing, filled with noise. */
export function pngFiles(): Uint8Array<ArrayBuffer>[] {
  return [false, true].flatMap((isInterlaced) =>
    Object.entries(DEPTHS).flatMap(([colour, depths]) =>
      depths.map((depth) =>
        pngFile({ width: 13, height: 9, depth, colour: Number(colour), isInterlaced })
      )
    )
  );
}

/** A PNG file of noise; its palette, where it needs one, is complete. */
function pngFile(header: PngHeader): Uint8Array<ArrayBuffer> {
  const random = new Random(`png ${JSON.stringify(header)}`);
  const bits = header.depth * SAMPLES[header.colour]!;
  const rows = sizesOf(header).flatMap(([width, height]) =>
    Array.from({ length: width > 0 ? height : 0 }, () => Math.ceil(width * bits / 8))
  );
  const pixels = rows.flatMap((bytes) => [
    random.integer(5),
    ...Array.from({ length: bytes }, () => random.integer(256)),
  ]);
  const palette = Uint8Array.from({ length: 3 * 2 ** header.depth }, () => random.integer(256));
  return joinPng(header, [
    ...(header.colour === 3 ? [["PLTE", palette] as const] : []),
    ["IDAT", deflateSync(Uint8Array.from(pixels))],
  ]);
}

/** A PNG file with these chunks between its header and its end. */
export function joinPng(
  { width, height, depth, colour, isInterlaced }: PngHeader,
  chunks: readonly (readonly [name: string, content: Uint8Array])[],
): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  [depth, colour, 0, 0, Number(isInterlaced)].forEach((byte, i) => header.setUint8(8 + i, byte));
  const parts = [
    SIGNATURE,
    chunkOf("IHDR", new Uint8Array(header.buffer)),
    ...chunks.map(([name, content]) => chunkOf(name, content)),
    chunkOf("IEND", new Uint8Array()),
  ];
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunkOf(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  new DataView(bytes.buffer).setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  return sealChunk(bytes, 0, content.length);
}

/** Makes the checksum of every chunk right again, so that damage gets past it. */
export function sealPng(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    sealChunk(bytes, at, length);
    at += 12 + length;
  }
  return bytes;
}

function sealChunk(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(at + 8 + length, crc32(bytes.subarray(at + 4, at + 8 + length)));
  return bytes;
}

/** Width and height of the passes, one if there is no interlacing. */
function sizesOf({ width, height, isInterlaced }: PngHeader): (readonly [number, number])[] {
  if (!isInterlaced) return [[width, height]];
  return PASSES.map(([x, y, stepX, stepY]) => [
    Math.ceil((width - x) / stepX),
    Math.ceil((height - y) / stepY),
  ]);
}
