/**
 * JPEG files to RGB pixels.
 *
 * @module
 */

import wasmBytes from "imagescript/wasm/any/jpeg.wasm" with { type: "bytes" };
import { readJpegHeader } from "./jpeg_header.ts";
import { turnImage } from "./orientation.ts";
import { checkSize, KEPT_MEMORY_BYTES, type RgbImage } from "./pixels.ts";

/** What the decoder module exports. A picture handle is a pointer; 0 and 1 mean failure. */
interface JpegDecoder {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  decode(file: number, size: number, width: number, height: number): number;
  decode_width(picture: number): number;
  decode_height(picture: number): number;
  /** 0 gray, 1 RGB, 2 CMYK, bytes each. */
  decode_format(picture: number): number;
  /** Pointer to the pixels, whose number of bytes {@linkcode JpegDecoder.wlen} tells afterwards. */
  decode_buffer(picture: number): number;
  decode_free(picture: number): void;
  wlen(): number;
}

let compiled: WebAssembly.Module | null = null;
/** One decoder a thread: it frees what it takes. A trapped one is thrown away. */
let decoder: JpegDecoder | null = null;

function takeDecoder(): JpegDecoder {
  compiled ??= new WebAssembly.Module(wasmBytes);
  decoder ??= new WebAssembly.Instance(compiled).exports as unknown as JpegDecoder;
  return decoder;
}

/** Whether the bytes begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG file and turns it upright.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 * @throws {RangeError} If it is too large.
 */
export function decodeJpeg(bytes: Uint8Array): RgbImage {
  const header = readJpegHeader(bytes);
  checkSize(header.width, header.height);
  if (!header.complete) {
    throw new SyntaxError("the JPEG is damaged or cut short: its end is missing");
  }
  const image = runDecoder(bytes);
  return turnImage(image, header.orientation);
}

function runDecoder(bytes: Uint8Array): RgbImage {
  const { memory, ...call } = takeDecoder();
  try {
    const file = call.walloc(bytes.length);
    new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
    const picture = call.decode(file, bytes.length, 0, 0);
    if (picture <= 1) throw new SyntaxError("the JPEG is damaged or of an unsupported kind");
    const pixels = new Uint8Array(memory.buffer, call.decode_buffer(picture), call.wlen());
    const width = call.decode_width(picture);
    const height = call.decode_height(picture);
    const data = toRgb(pixels, call.decode_format(picture), width * height);
    call.decode_free(picture);
    return { width, height, data };
  } catch (cause) {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    decoder = null;
    throw new SyntaxError("the JPEG is damaged", { cause });
  } finally {
    if (memory.buffer.byteLength > KEPT_MEMORY_BYTES) decoder = null;
  }
}

/** Copies `count` pixels of the decoder's format (gray, RGB or CMYK) as RGB. */
function toRgb(pixels: Uint8Array, format: number, count: number): Uint8Array {
  if (format === 1) return pixels.slice();
  const channels = format === 0 ? 1 : 4;
  const rgb = new Uint8Array(3 * count);
  for (let i = 0, from = 0, to = 0; i < count; i++, from += channels, to += 3) {
    if (channels === 1) {
      rgb[to] = rgb[to + 1] = rgb[to + 2] = pixels[from]!;
    } else {
      const light = 255 - pixels[from + 3]!;
      for (let c = 0; c < 3; c++) rgb[to + c] = (255 - pixels[from + c]!) * light / 255 + 0.5;
    }
  }
  return rgb;
}
