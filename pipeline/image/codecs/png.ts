/**
 * PNG files to RGB pixels.
 *
 * Source: PNG specification, second edition (ISO/IEC 15948).
 */

import wasmBytes from "imagescript/wasm/any/png.wasm" with { type: "bytes" };
import { crc32 } from "node:zlib";
import { exifOrientation } from "./exif.ts";
import { sideways, turnImage } from "../orientation.ts";
import { DecoderSlot, type ImageScriptModule, place, startModule } from "./imagescript.ts";
import { checkSize, overWhite, type RgbImage } from "../pixels.ts";

/** A result below 0 of `decode` is an error code. */
interface PngDecoder extends ImageScriptModule {
  _initialize(): void;
  wfree(pointer: number): void;
  decode(file: number, size: number): number;
  width(): number;
  height(): number;
}

/** The bytes with which a PNG file begins. */
export const SIGNATURE: Uint8Array<ArrayBuffer> = Uint8Array.fromHex("89504e470d0a1a0a");

const slot = new DecoderSlot<PngDecoder>(wasmBytes, (code) => {
  // Views on the memory are made afresh at each use, so its growth needs no answer.
  const png = startModule<PngDecoder>(code, { emscripten_notify_memory_growth: () => {} });
  png._initialize();
  return png;
});

/** Width and height once it is upright; errors as of {@linkcode decodePng}. */
export function pngSize(bytes: Uint8Array): [width: number, height: number] {
  const [width, height] = storedSize(bytes);
  return sideways(pngOrientation(bytes)) ? [height, width] : [width, height];
}

/** Width and height as they lie. */
function storedSize(bytes: Uint8Array): [width: number, height: number] {
  if (bytes.length < 33) throw new SyntaxError("the PNG is cut short: it has no header");
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  checkSize(width, height);
  return [width, height];
}

/** Whether a PNG is shown as it lies. */
export function isUprightPng(bytes: Uint8Array): boolean {
  return pngOrientation(bytes) === 1;
}

/** The orientation in the chunk eXIf, wherever it lies; one that is damaged says nothing. */
function pngOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (name === "IEND" || end + 4 > bytes.length) break;
    if (name === "eXIf" && crc32(bytes.subarray(at + 4, end)) === view.getUint32(end)) {
      return exifOrientation(bytes.subarray(at + 8, end));
    }
    at = end + 4;
  }
  return 1;
}

/** Samples a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Pixels as they are unpacked: as much as 64 megapixels of RGBA take with 8 bits a sample. */
const MOST_BYTES = 256e6;

/**
 * Decodes a PNG file of any colour type and turns it upright. Transparent pixels are laid over white, as a
 * page shows them.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 * @throws {RangeError} If it is too large.
 */
export function decodePng(bytes: Uint8Array): RgbImage {
  const [columns, rows] = storedSize(bytes);
  const [depth, colour] = [bytes[24]!, bytes[25]!];
  if (columns * rows * (SAMPLES[colour] ?? 0) * depth / 8 > MOST_BYTES) {
    throw new RangeError(
      `the picture is too large: ${columns}x${rows} pixels of ${depth}-bit samples`,
    );
  }
  return slot.use("the PNG is damaged", (png) => {
    const file = place(png, bytes);
    const pixels = png.decode(file, bytes.length);
    png.wfree(file);
    if (pixels <= 0) throw new SyntaxError("the PNG is damaged or cut short");
    const [width, height] = [png.width(), png.height()];
    const data = overWhite(new Uint8Array(png.memory.buffer, pixels, 4 * width * height));
    png.wfree(pixels);
    return turnImage({ width, height, data }, pngOrientation(bytes));
  });
}
