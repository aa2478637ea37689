/**
 * CMYK and YCCK JPEG files to RGB pixels, by ImageScript's decoder: mozjpeg's module asks libjpeg for
 * RGBA, which libjpeg does not make of four inks.
 */

import wasmBytes from "imagescript/wasm/any/jpeg.wasm" with { type: "bytes" };
import { KEPT_MEMORY_BYTES, type RgbImage } from "../pixels.ts";

/** What the decoder module exports. A picture handle is a pointer; 0 and 1 mean failure. */
interface CmykDecoder {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  decode(file: number, size: number, width: number, height: number): number;
  decode_width(picture: number): number;
  decode_height(picture: number): number;
  /** Pointer to the pixels, whose number of bytes {@linkcode CmykDecoder.wlen} tells afterwards. */
  decode_buffer(picture: number): number;
  decode_free(picture: number): void;
  wlen(): number;
}

let compiled: WebAssembly.Module | null = null;
/** One decoder a thread: it frees what it takes. A trapped one is thrown away. */
let decoder: CmykDecoder | null = null;

function takeDecoder(): CmykDecoder {
  compiled ??= new WebAssembly.Module(wasmBytes);
  decoder ??= new WebAssembly.Instance(compiled).exports as unknown as CmykDecoder;
  return decoder;
}

/**
 * Decodes a JPEG file of four components, as it lies.
 *
 * @throws {SyntaxError} If it is damaged or of an unsupported kind.
 */
export function decodeCmykJpeg(bytes: Uint8Array): RgbImage {
  const { memory, ...call } = takeDecoder();
  try {
    const file = call.walloc(bytes.length);
    new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
    const picture = call.decode(file, bytes.length, 0, 0);
    if (picture <= 1) throw new SyntaxError("the JPEG is damaged or of an unsupported kind");
    const inks = new Uint8Array(memory.buffer, call.decode_buffer(picture), call.wlen());
    const width = call.decode_width(picture);
    const height = call.decode_height(picture);
    const data = toRgb(inks);
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

/** Inks are bytes C, M, Y, K, where 255 is the full ink. */
function toRgb(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(inks.length / 4 * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - inks[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = (255 - inks[from + c]!) * light / 255 + 0.5;
  }
  return rgb;
}
