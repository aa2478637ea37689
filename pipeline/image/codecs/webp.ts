/**
 * WebP files to RGB pixels: lossy and lossless ones, and the first picture of animated ones.
 *
 * Source: RFC 9649 (the container, and both headers).
 */

import { exifOrientation } from "./exif.ts";
import { sideways, turnImage } from "../orientation.ts";
import { checkSize, overWhite, placeOn, type RgbImage } from "../pixels.ts";

interface WebpHeader {
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** The first picture of an animated file, and where it lies on the whole one. */
  readonly frame: Frame | null;
}

interface Frame {
  readonly x: number;
  readonly y: number;
  /** A file of its own. */
  readonly file: Uint8Array;
}

interface Chunk {
  readonly name: string;
  readonly content: Uint8Array;
}

/** Width and height once it is upright; errors as of {@linkcode decodeWebp}. */
export function webpSize(bytes: Uint8Array): [width: number, height: number] {
  const { width, height, orientation } = readHeader(bytes);
  return sideways(orientation) ? [height, width] : [width, height];
}

/**
 * Decodes a WebP file and turns it upright; what is transparent shows white.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 * @throws {RangeError} If it is too large.
 */
export async function decodeWebp(bytes: Uint8Array): Promise<RgbImage> {
  const { width, height, orientation, frame } = readHeader(bytes);
  const { decodeStill } = await import("./libwebp.ts");
  const image = frame === null
    ? decodeStill(bytes, width * height)
    : placeOn({ width, height }, decodeStill(frame.file, width * height), frame);
  if (image.width !== width || image.height !== height) throw new SyntaxError(DAMAGED);
  return turnImage({ width, height, data: overWhite(image.data) }, orientation);
}

const DAMAGED = "the WebP is damaged or cut short";

function readHeader(bytes: Uint8Array): WebpHeader {
  let size: readonly [number, number] | null = null;
  let orientation: number | null = null;
  let frame: Frame | null = null;
  for (const { name, content } of chunksOf(bytes.subarray(12))) {
    // The canvas comes first; the pictures on it may be smaller.
    size ??= sizeIn(name, content);
    if (name === "EXIF") orientation ??= exifOrientation(content);
    if (name === "ANMF") frame ??= readFrame(content);
  }
  if (size === null) throw new SyntaxError("the WebP is damaged or cut short: it has no header");
  const [width, height] = size;
  checkSize(width, height);
  return { width, height, orientation: orientation ?? 1, frame };
}

/** A chunk that ends behind the file is the last one. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    yield { name: textAt(bytes, at), content: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + length % 2;
  }
}

/** The least that a macroblock of 16x16 pixels takes in a lossy key frame: a bit and a half for its modes. */
const PIXELS_PER_BYTE = 16 * 16 * 8;

/** The size that a chunk gives, or null. */
function sizeIn(name: string, content: Uint8Array): [number, number] | null {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (name === "VP8X" && content.length >= 10) return [sideAt(view, 4), sideAt(view, 7)];
  if (name === "VP8L" && content.length >= 5) {
    const bits = view.getUint32(1, true);
    return [(bits & 0x3fff) + 1, (bits >>> 14 & 0x3fff) + 1];
  }
  if (name !== "VP8 " || content.length < 10) return null;
  const [width, height] = [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
  if (content.length * PIXELS_PER_BYTE >= width * height) return [width, height];
  throw new SyntaxError(
    `${DAMAGED}: ${content.length} bytes cannot hold ${width}x${height} pixels`,
  );
}

/** A side of the canvas or of a picture on it: 24 bits, one less than the number of pixels. */
function sideAt(view: DataView, at: number): number {
  return (view.getUint16(at, true) | view.getUint8(at + 2) << 16) + 1;
}

/** Bytes of a picture's place, size and time before its chunks. */
const FRAME_HEAD = 16;

function readFrame(content: Uint8Array): Frame | null {
  if (content.length < FRAME_HEAD) return null;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const chunks = content.subarray(FRAME_HEAD);
  for (const chunk of chunksOf(chunks)) {
    const size = sizeIn(chunk.name, chunk.content);
    if (size !== null) checkSize(...size);
  }
  // A canvas of the picture's size, with transparency, and the picture's own chunks.
  const file = new Uint8Array(30 + chunks.length);
  const to = new DataView(file.buffer);
  file.set(new TextEncoder().encode("RIFF....WEBPVP8X"));
  to.setUint32(4, file.length - 8, true);
  to.setUint32(16, 10, true);
  file[20] = 0x10;
  file.set(content.subarray(6, 12), 24);
  file.set(chunks, 30);
  // Places are told in steps of two pixels.
  return { x: 2 * (sideAt(view, 0) - 1), y: 2 * (sideAt(view, 3) - 1), file };
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
