/// <reference lib="dom" />
/** Pictures in a browser. */

import { decodeJpeg } from "../../image/codecs/jpeg.ts";
import type { RgbImage } from "../../image/image.ts";
import { kindOfBytes } from "../../image/picture_kinds.ts";

/**
 * Reads a picture file: JPEG by the program's own decoder, for the pixels that `predict` has, other kinds by
 * the browser, as far as it knows them. What is transparent shows white.
 *
 * @throws {Error} If it cannot be read; the message is for the user.
 */
export async function readPicture(file: Blob): Promise<RgbImage> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (kindOfBytes(bytes)?.name === "JPEG") return decodeJpeg(bytes);
    const picture = await createImageBitmap(file, { colorSpaceConversion: "none" });
    return pixelsOf(picture, picture);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? `: ${cause.message}` : "";
    throw new Error(`This is no picture that can be read${reason}.`, { cause });
  }
}

/** The pixels of what a canvas can draw. */
export function pixelsOf(
  source: CanvasImageSource,
  { width, height }: { readonly width: number; readonly height: number },
): RgbImage {
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data.set(rgba.subarray(from, from + 3), to);
  }
  return { width, height, data };
}
