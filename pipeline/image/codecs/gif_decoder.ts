/** The first picture of GIF files, by ImageScript's decoder. */

import wasmBytes from "imagescript/wasm/any/gif.wasm" with { type: "bytes" };
import { copyAt, DecoderSlot, type ImageScriptModule, place, startModule } from "./imagescript.ts";
import type { RgbaImage } from "../pixels.ts";

/** A picture, and where it lies on the canvas. */
interface GifPicture extends RgbaImage {
  readonly x: number;
  readonly y: number;
}

/** Handles are pointers; 0 is failure, 1 the end. */
interface GifDecoder extends ImageScriptModule {
  decoder_new(file: number, size: number, limit: number): number;
  decoder_free(decoder: number): void;
  decoder_frame(decoder: number): number;
  decoder_frame_x(frame: number): number;
  decoder_frame_y(frame: number): number;
  decoder_frame_width(frame: number): number;
  decoder_frame_height(frame: number): number;
  decoder_frame_buffer(frame: number): number;
  decoder_frame_free(frame: number): void;
}

const slot = new DecoderSlot<GifDecoder>(
  wasmBytes,
  (code) => startModule(code, { push_to_stream: () => {} }),
);

/**
 * Decodes a GIF file's first picture.
 *
 * @throws {SyntaxError} If it is damaged or cut short.
 */
export function decodeFirst(bytes: Uint8Array): GifPicture {
  return slot.use("the GIF is damaged", (gif) => {
    const decoder = gif.decoder_new(place(gif, bytes), bytes.length, 0);
    const frame = decoder === 0 ? 0 : gif.decoder_frame(decoder);
    if (frame <= 1) throw new SyntaxError("the GIF is damaged or cut short");
    const picture = {
      x: gif.decoder_frame_x(frame),
      y: gif.decoder_frame_y(frame),
      width: gif.decoder_frame_width(frame),
      height: gif.decoder_frame_height(frame),
      data: copyAt(gif, gif.decoder_frame_buffer(frame)),
    };
    gif.decoder_frame_free(frame);
    gif.decoder_free(decoder);
    return picture;
  });
}
