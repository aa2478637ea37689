/**
 * Pictures in and out: JPEG and PNG files to RGB pixels, resizing, and PNG files from pixels.
 *
 * The decoders are WebAssembly modules: mozjpeg for JPEG, ImageScript's for PNG and CMYK. Their bytes
 * are imported, so decoding needs no permission but reading the picture itself.
 *
 * @module
 */

import { decodeJpeg, isJpeg, jpegSize } from "./image/jpeg.ts";
import { readPictureFile } from "./image/picture_file.ts";
import type { RgbImage } from "./image/pixels.ts";
import { decodePng, isPng, pngSize } from "./image/png.ts";

export { encodePng, type PngSource } from "./image/encode_png.ts";
export { readPictureFile, readPictureFileSync } from "./image/picture_file.ts";
export type { RgbImage } from "./image/pixels.ts";
export { resizeImage } from "./image/resize.ts";

/**
 * Decodes a JPEG (colour, grayscale or CMYK; turned as its EXIF orientation says) or a PNG (of any
 * colour type; turned in the same way; what is transparent shows white). The kind is told by the content, not by the name.
 *
 * @throws {SyntaxError} If the bytes are no complete, undamaged picture.
 * @throws {RangeError} If the picture has more than 64 megapixels.
 */
export function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  try {
    return Promise.resolve(decodePixels(bytes));
  } catch (cause) {
    return Promise.reject(nameError(cause, name));
  }
}

/**
 * Reads and decodes a picture file; errors as of {@linkcode readPictureFile} and {@linkcode decodeImage}.
 *
 * @example A smaller copy of a picture
 * ```ts
 * import { encodePng, readImage, resizeImage } from "attparsenet";
 *
 * const image = await readImage("data/sample/Img/img_align_celeba/000001.jpg");
 * const small = resizeImage(image, 89, 109);
 * const file = await Deno.makeTempFile({ suffix: ".png" });
 * await Deno.writeFile(file, await encodePng(small));
 * await Deno.remove(file);
 * ```
 */
export async function readImage(path: string): Promise<RgbImage> {
  return decodeImage(await readPictureFile(path), path);
}

/** Whether the bytes begin as those of a picture that {@linkcode decodeImage} reads. */
export function isPicture(bytes: Uint8Array): boolean {
  return isJpeg(bytes) || isPng(bytes);
}

/**
 * Width and height of a picture as {@linkcode decodeImage} turns it, from its header alone.
 *
 * @throws {SyntaxError} If it has none.
 * @throws {RangeError} If it is too large.
 */
export function sizeOfPicture(bytes: Uint8Array): [width: number, height: number] {
  if (isJpeg(bytes)) return jpegSize(bytes);
  if (isPng(bytes)) return pngSize(bytes);
  throw new SyntaxError("the file is neither a JPEG nor a PNG");
}

/** As {@linkcode decodeImage}, but at once, and with messages that leave the file's name out. */
export function decodePixels(bytes: Uint8Array): RgbImage {
  if (bytes.length === 0) throw new SyntaxError("the file is empty");
  if (isJpeg(bytes)) return decodeJpeg(bytes);
  if (isPng(bytes)) return decodePng(bytes);
  throw new SyntaxError("the file is neither a JPEG nor a PNG");
}

function nameError(cause: unknown, name: string): unknown {
  if (cause instanceof SyntaxError) {
    return new SyntaxError(`Cannot decode ${name}: ${cause.message}`, { cause });
  }
  if (cause instanceof RangeError) {
    return new RangeError(`Cannot decode ${name}: ${cause.message}`, { cause });
  }
  return cause;
}
