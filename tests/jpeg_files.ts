/**
 * JPEG files for tests: three fixtures, and an encoder for any other.
 *
 * @module
 */

import encode, { init } from "@jsquash/jpeg/encode.js";
import encoderBytes from "@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm" with { type: "bytes" };
import type { RgbImage } from "../pipeline/image.ts";

/** 16 x 8 pixels: the left half (200, 30, 30), the right half (20, 40, 210). */
export const COLOUR: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIx" +
    "wcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy" +
    "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xA" +
    "AUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABwX/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oA" +
    "DAMBAAIRAxEAPwCQRSYDNAef/9k=",
);
/** The same picture in gray: about 81 on the left, 53 on the right. */
export const GRAY: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIx" +
    "wcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAUEAEAAAAA" +
    "AAAAAAAAAAAAAAAA/9oACAEBAAA/AJAG/9k=",
);
/** The same picture in CMYK with Adobe's marker (inks stored inverted). */
export const CMYK: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHC" +
    "g3KSwwMTQ0NB8nOT04MjwuMzQy/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAcIAAT/" +
    "xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AEgOh0/pLdStGf/Z",
);

type EncoderOptions = NonNullable<Parameters<typeof encode>[1]>;

/** `color_space` 1 is gray; `chroma_subsample` is the luma's sampling factor along both axes. */
export const JPEG_KINDS: Readonly<Record<string, EncoderOptions>> = {
  "baseline 4:2:0": { baseline: true, progressive: false, chroma_subsample: 2 },
  "baseline 4:4:4": { baseline: true, progressive: false, chroma_subsample: 1 },
  "progressive 4:2:0": { progressive: true, chroma_subsample: 2 },
  "progressive 4:4:4": { progressive: true, chroma_subsample: 1 },
  "baseline gray": { baseline: true, progressive: false, color_space: 1 },
  "progressive gray": { progressive: true, color_space: 1 },
};

let encoder: Promise<unknown> | null = null;

/** A JPEG file of quality 95. */
export async function encodeJpeg(
  { width, height, data }: RgbImage,
  options: EncoderOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  await (encoder ??= init(new WebAssembly.Module(encoderBytes)));
  const rgba = Uint8ClampedArray.from(
    { length: 4 * width * height },
    (_, i) => i % 4 === 3 ? 255 : data[Math.floor(i / 4) * 3 + i % 4]!,
  );
  const settings = { quality: 95, auto_subsample: false, ...options };
  return new Uint8Array(await encode(new ImageData(rgba, width, height), settings));
}
