/**
 * PNG files to RGB pixels, and pixels to PNG files.
 *
 * Source: PNG specification, second edition (ISO/IEC 15948).
 *
 * @module
 */

import wasmBytes from "imagescript/wasm/any/png.wasm" with { type: "bytes" };
import { crc32, deflate } from "node:zlib";
import { checkSize, KEPT_MEMORY_BYTES, type RgbImage } from "./pixels.ts";

/** Pixels to be written. */
export interface PngSource {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** u8 [height, width, channels] with 1 channel (gray), 3 (RGB) or 4 (RGBA). */
  readonly data: Uint8Array;
}

/** What the decoder module exports. A result below 0 of `decode` is an error code. */
interface PngDecoder {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  wfree(pointer: number): void;
  decode(file: number, size: number): number;
  width(): number;
  height(): number;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

let compiled: WebAssembly.Module | null = null;
/** One decoder a thread. A trapped one is thrown away. */
let decoder: PngDecoder | null = null;

function takeDecoder(): PngDecoder {
  compiled ??= new WebAssembly.Module(wasmBytes);
  if (decoder !== null) return decoder;
  // Views on the memory are made afresh at each use, so its growth needs no answer.
  const env = { emscripten_notify_memory_growth: () => {} };
  const { exports } = new WebAssembly.Instance(compiled, { env });
  (exports._initialize as () => void)();
  return decoder = exports as unknown as PngDecoder;
}

/** Whether the bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((code, i) => bytes[i] === code);
}

/** Width and height; errors as of {@linkcode decodePng}. */
export function pngSize(bytes: Uint8Array): [width: number, height: number] {
  if (bytes.length < 33) throw new SyntaxError("the PNG is cut short: it has no header");
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  checkSize(width, height);
  return [width, height];
}

/** Samples a pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Pixels as they are unpacked: as much as 64 megapixels of RGBA take with 8 bits a sample. */
const MOST_BYTES = 256e6;

/**
 * Decodes a PNG file of any colour type. Transparent pixels are laid over white, as a page shows
 * them.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 * @throws {RangeError} If it is too large.
 */
export function decodePng(bytes: Uint8Array): RgbImage {
  const [columns, rows] = pngSize(bytes);
  const [depth, colour] = [bytes[24]!, bytes[25]!];
  if (columns * rows * (SAMPLES[colour] ?? 0) * depth / 8 > MOST_BYTES) {
    throw new RangeError(
      `the picture is too large: ${columns}x${rows} pixels of ${depth}-bit samples`,
    );
  }
  const { memory, ...call } = takeDecoder();
  try {
    const file = call.walloc(bytes.length);
    new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
    const pixels = call.decode(file, bytes.length);
    call.wfree(file);
    if (pixels <= 0) throw new SyntaxError("the PNG is damaged or cut short");
    const width = call.width();
    const height = call.height();
    const data = overWhite(new Uint8Array(memory.buffer, pixels, 4 * width * height));
    call.wfree(pixels);
    return { width, height, data };
  } catch (cause) {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    decoder = null;
    throw new SyntaxError("the PNG is damaged", { cause });
  } finally {
    if (memory.buffer.byteLength > KEPT_MEMORY_BYTES) decoder = null;
  }
}

function overWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const white = 255.5 - alpha;
    const share = alpha / 255;
    rgb[to] = rgba[from]! * share + white;
    rgb[to + 1] = rgba[from + 1]! * share + white;
    rgb[to + 2] = rgba[from + 2]! * share + white;
  }
  return rgb;
}

/** PNG's colour type for a number of channels. */
const COLOUR_TYPE: Readonly<Record<number, number>> = { 1: 0, 3: 2, 4: 6 };

/**
 * Writes pixels as a PNG file; the number of channels (1, 3 or 4) follows from the amount of data.
 *
 * @throws {TypeError} If the data are not 1, 3 or 4 bytes a pixel.
 */
export async function encodePng(image: PngSource): Promise<Uint8Array> {
  const { width, height, data } = image;
  const channels = data.length / (width * height);
  const colourType = COLOUR_TYPE[channels];
  if (colourType === undefined) {
    throw new TypeError(
      `Cannot write a PNG: ${width}x${height} pixels need 1, 3 or 4 bytes each, got ${data.length}`,
    );
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, colourType);
  const packed = await compress(filterRows(data, height, channels));
  const chunks = [
    SIGNATURE,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", packed),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Puts the filter byte before each row. Colour is stored as the difference to the pixel on the left,
 * which a photograph needs to become small; gray, here always a flat mask, as it is.
 */
function filterRows(data: Uint8Array, height: number, channels: number): Uint8Array<ArrayBuffer> {
  const stride = data.length / height;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const from = y * stride;
    const to = y * (stride + 1) + 1;
    rows.set(data.subarray(from, from + stride), to);
    if (channels === 1) continue;
    rows[to - 1] = 1;
    for (let i = channels; i < stride; i++) {
      rows[to + i] = data[from + i]! - data[from + i - channels]!;
    }
  }
  return rows;
}

function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    deflate(bytes, (error, packed) => error ? reject(error) : resolve(new Uint8Array(packed)));
  });
}

function chunk(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}
