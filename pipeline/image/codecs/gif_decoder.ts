/** The first picture of GIF files, by ImageScript's decoder. */

import wasmBytes from "imagescript/wasm/any/gif.wasm" with { type: "bytes" };
import { KEPT_MEMORY_BYTES, type RgbaImage } from "../pixels.ts";

/** A picture, and where it lies on the canvas. */
interface GifPicture extends RgbaImage {
  readonly x: number;
  readonly y: number;
}

/** What the decoder module exports. Handles are pointers; 0 is failure, 1 the end. */
interface GifDecoder {
  readonly memory: WebAssembly.Memory;
  walloc(size: number): number;
  decoder_new(file: number, size: number, limit: number): number;
  decoder_free(decoder: number): void;
  decoder_frame(decoder: number): number;
  decoder_frame_x(frame: number): number;
  decoder_frame_y(frame: number): number;
  decoder_frame_width(frame: number): number;
  decoder_frame_height(frame: number): number;
  /** Pointer to the pixels, whose number of bytes {@linkcode GifDecoder.wlen} tells afterwards. */
  decoder_frame_buffer(frame: number): number;
  decoder_frame_free(frame: number): void;
  wlen(): number;
}

let compiled: WebAssembly.Module | null = null;
/** One decoder a thread. A trapped one is thrown away. */
let instance: GifDecoder | null = null;

function takeDecoder(): GifDecoder {
  compiled ??= new WebAssembly.Module(wasmBytes);
  const env = { push_to_stream: () => {} };
  return instance ??= new WebAssembly.Instance(compiled, { env }).exports as unknown as GifDecoder;
}

/**
 * Decodes a GIF file's first picture.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 */
export function decodeFirst(bytes: Uint8Array): GifPicture {
  const { memory, ...call } = takeDecoder();
  try {
    const file = call.walloc(bytes.length);
    new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
    const decoder = call.decoder_new(file, bytes.length, 0);
    const frame = decoder === 0 ? 0 : call.decoder_frame(decoder);
    if (frame <= 1) throw new SyntaxError("the GIF is damaged or cut short");
    const pixels = call.decoder_frame_buffer(frame);
    const picture = {
      x: call.decoder_frame_x(frame),
      y: call.decoder_frame_y(frame),
      width: call.decoder_frame_width(frame),
      height: call.decoder_frame_height(frame),
      data: new Uint8Array(memory.buffer, pixels, call.wlen()).slice(),
    };
    call.decoder_frame_free(frame);
    call.decoder_free(decoder);
    return picture;
  } catch (cause) {
    instance = null; // what it holds of a damaged file is not given back
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    throw new SyntaxError("the GIF is damaged", { cause });
  } finally {
    if (memory.buffer.byteLength > KEPT_MEMORY_BYTES) instance = null;
  }
}
