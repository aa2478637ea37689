/**
 * CMYK and YCCK JPEG files to RGB pixels, by ImageScript's decoder: mozjpeg's module asks libjpeg for
 * RGBA, which libjpeg does not make of four inks.
 */

import wasmBytes from "imagescript/wasm/any/jpeg.wasm" with { type: "bytes" };
import { copyAt, DecoderSlot, type ImageScriptModule, place, startModule } from "../imagescript.ts";
import type { RgbImage } from "../../pixels.ts";

/** A picture handle is a pointer; 0 and 1 mean failure. */
interface CmykDecoder extends ImageScriptModule {
  decode(file: number, size: number, width: number, height: number): number;
  decode_width(picture: number): number;
  decode_height(picture: number): number;
  decode_buffer(picture: number): number;
  decode_free(picture: number): void;
}

const slot = new DecoderSlot<CmykDecoder>(wasmBytes, (code) => startModule(code));

/**
 * Decodes a JPEG file of four components, as it lies.
 *
 * @throws {SyntaxError} If it is damaged or of an unsupported kind.
 */
export function decodeCmykJpeg(bytes: Uint8Array): RgbImage {
  return slot.use("the JPEG is damaged", (jpeg) => {
    const picture = jpeg.decode(place(jpeg, bytes), bytes.length, 0, 0);
    if (picture <= 1) throw new SyntaxError("the JPEG is damaged or of an unsupported kind");
    const data = toRgb(copyAt(jpeg, jpeg.decode_buffer(picture)));
    const [width, height] = [jpeg.decode_width(picture), jpeg.decode_height(picture)];
    jpeg.decode_free(picture);
    return { width, height, data };
  });
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
