/** AVIF files to pixels, by libavif and an AV1 decoder in WebAssembly. */

import createModule from "@jsquash/avif/codec/dec/avif_dec.js";
import wasmBytes from "@jsquash/avif/codec/dec/avif_dec.wasm" with { type: "bytes" };
import { CodecSlot } from "./codec_module.ts";
import type { RgbaImage } from "../pixels.ts";

const slot = new CodecSlot(createModule, wasmBytes);

/** Bits of a sample that is asked for, whatever the file has. */
const DEPTH = 8;

/**
 * Decodes an AVIF file's picture as it lies: its rotation and mirroring are not regarded.
 *
 * @param pixels How many it says it has.
 * @throws {SyntaxError} If it is damaged or of an unsupported kind.
 */
export function decodeStored(bytes: Uint8Array, pixels: number): RgbaImage {
  const image = slot.decode(bytes, pixels, DEPTH);
  if (image === null) throw new SyntaxError("the AVIF is damaged or of an unsupported kind");
  return image;
}
