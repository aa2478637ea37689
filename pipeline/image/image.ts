/**
 * Pictures in and out: files of the usual kinds to RGB pixels, resizing, and PNG files from pixels.
 *
 * The decoders are our own and mozjpeg for JPEG, libwebp, libavif, ImageScript's for PNG, GIF and CMYK, all of them in
 * WebAssembly, and plain code for TIFF and BMP. Their bytes are imported, so decoding needs no permission but
 * reading the picture itself; those of rarer kinds are loaded with the first such picture.
 */

import { avifSize, decodeAvif } from "./codecs/avif.ts";
import { bmpSize, decodeBmp } from "./codecs/bmp.ts";
import { encodePng } from "./codecs/encode_png.ts";
import { decodeGif, gifSize } from "./codecs/gif.ts";
import { decodeJpeg, jpegSize } from "./codecs/jpeg.ts";
import { readPictureFile } from "./picture_file.ts";
import { kindOfBytes, READ_KINDS, type ReadKind } from "./picture_kinds.ts";
import type { DecodeOptions, RgbImage } from "./pixels.ts";
import { decodePng, isUprightPng, pngSize } from "./codecs/png.ts";
import { decodeTiff, tiffSize } from "./codecs/tiff.ts";
import { decodeWebp, webpSize } from "./codecs/webp.ts";

export { encodePng, type PngSource } from "./codecs/encode_png.ts";
export { openPictureFileSync, readPictureFile } from "./picture_file.ts";
export type { DecodeOptions, RgbImage } from "./pixels.ts";
export { resizeImage } from "./resize.ts";

interface Format {
  /** Width and height of the upright picture, from its header. */
  readonly size: (bytes: Uint8Array, options?: DecodeOptions) => [width: number, height: number];
  readonly decode: (bytes: Uint8Array, options: DecodeOptions) => RgbImage | Promise<RgbImage>;
}

const FORMATS: Readonly<Record<ReadKind, Format>> = {
  AVIF: { size: avifSize, decode: decodeAvif },
  BMP: { size: bmpSize, decode: decodeBmp },
  GIF: { size: gifSize, decode: decodeGif },
  JPEG: { size: jpegSize, decode: decodeJpeg },
  PNG: { size: pngSize, decode: decodePng },
  TIFF: { size: tiffSize, decode: decodeTiff },
  WebP: { size: webpSize, decode: decodeWebp },
};

/**
 * Decodes a picture: JPEG (colour, grayscale or CMYK), PNG (of any colour type), WebP, AVIF, GIF, TIFF or BMP;
 * of several pictures the first. It is turned as its EXIF orientation says, and what is transparent shows
 * white. The kind is told by the content, not by the name.
 *
 * @throws {SyntaxError} If the bytes are no complete, undamaged picture of these kinds.
 * @throws {RangeError} If the picture has more than 64 megapixels.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  options?: DecodeOptions,
): Promise<RgbImage> {
  try {
    return await decodePixels(bytes, options);
  } catch (cause) {
    throw nameError(cause, name);
  }
}

/**
 * Reads and decodes a picture file; errors as of {@linkcode readPictureFile} and {@linkcode decodeImage}.
 *
 * @example A smaller copy of a picture
 * ```ts
 * import { encodePng, readImage, resizeImage } from "@attparsenet/attparsenet";
 *
 * const image = await readImage("data/sample/Img/img_align_celeba/000001.jpg");
 * const small = resizeImage(image, 89, 109);
 * const file = await Deno.makeTempFile({ suffix: ".png" });
 * await Deno.writeFile(file, await encodePng(small));
 * await Deno.remove(file);
 * ```
 */
export function readImage(path: string): Promise<RgbImage> {
  return readImageAs(path, {});
}

/** The same, by options. */
export async function readImageAs(path: string, options: DecodeOptions): Promise<RgbImage> {
  return decodeImage(await readPictureFile(path), path, options);
}

/**
 * A picture as every browser shows it: a JPEG and an upright PNG as they lie, anything else as a PNG.
 *
 * @throws As of {@linkcode decodeImage}, if it is no picture.
 */
export async function webPicture(
  bytes: Uint8Array,
): Promise<{ type: "image/jpeg" | "image/png"; bytes: Uint8Array }> {
  const kind = kindOfBytes(bytes)?.name;
  if (kind === "JPEG") return { type: "image/jpeg", bytes };
  const isPlain = kind === "PNG" && isUprightPng(bytes);
  return { type: "image/png", bytes: isPlain ? bytes : await encodePng(await decodePixels(bytes)) };
}

/**
 * Width and height of a picture as {@linkcode decodeImage} turns it, from its header alone.
 *
 * @throws {SyntaxError} If it has none; of a JPEG that is cut short, if it is not to be used: by default it is.
 * @throws {RangeError} If it is too large.
 */
export function sizeOfPicture(
  bytes: Uint8Array,
  options?: DecodeOptions,
): [width: number, height: number] {
  return formatOf(bytes).size(bytes, options);
}

/** As {@linkcode decodeImage}, but with messages that leave the file's name out. */
export async function decodePixels(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<RgbImage> {
  return await formatOf(bytes).decode(bytes, options);
}

function formatOf(bytes: Uint8Array): Format {
  if (bytes.length === 0) throw new SyntaxError("the file is empty");
  const kind = kindOfBytes(bytes);
  if (kind?.isRead) return FORMATS[kind.name as ReadKind];
  const what = kind ? `is of the kind ${kind.name}` : "is no picture of a known kind";
  throw new SyntaxError(`the file ${what}; ${READ_KINDS} are read`);
}

/** The same error with the file's name in its message. */
export function nameError(cause: unknown, name: string): unknown {
  if (cause instanceof SyntaxError) {
    return new SyntaxError(`Cannot decode ${name}: ${cause.message}`, { cause });
  }
  if (cause instanceof RangeError) {
    return new RangeError(`Cannot decode ${name}: ${cause.message}`, { cause });
  }
  return cause;
}
