/** Still WebP files to pixels, by libwebp in WebAssembly. */

import createModule from "@jsquash/webp/codec/dec/webp_dec.js";
import wasmBytes from "@jsquash/webp/codec/dec/webp_dec.wasm" with { type: "bytes" };
import { CodecSlot } from "./codec_module.ts";
import type { RgbaImage } from "../pixels.ts";

const slot = new CodecSlot(createModule, wasmBytes);

/**
 * Decodes a WebP file that is not animated, as it lies.
 *
 * @param pixels How many it says it has.
 * @throws {SyntaxError} If it is damaged or cut short.
 */
export function decodeStill(bytes: Uint8Array, pixels: number): RgbaImage {
  const image = slot.decode(bytes, pixels);
  if (image === null) throw new SyntaxError("the WebP is damaged or cut short");
  return image;
}
