/**
 * JPEG files to RGB pixels.
 *
 * @module
 */

import { decodeCmykJpeg } from "./cmyk_jpeg.ts";
import { readJpegHeader } from "./jpeg_header.ts";
import { decodeColourJpeg } from "./mozjpeg.ts";
import { turnImage } from "./orientation.ts";
import { checkSize, type RgbImage } from "./pixels.ts";

/** Whether the bytes begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Width and height of a JPEG file, once it is turned upright.
 *
 * @throws {SyntaxError} If it has no header.
 */
export function jpegSize(bytes: Uint8Array): readonly [width: number, height: number] {
  const { width, height, orientation } = readJpegHeader(bytes);
  return orientation >= 5 ? [height, width] : [width, height];
}

/**
 * Decodes a JPEG file and turns it upright.
 *
 * @throws {SyntaxError} If it is damaged, cut short, or of an unsupported kind.
 * @throws {RangeError} If it is too large.
 */
export function decodeJpeg(bytes: Uint8Array): RgbImage {
  const { width, height, components, orientation, end } = readJpegHeader(bytes);
  checkSize(width, height);
  if (end === null) {
    throw new SyntaxError("the JPEG is damaged or cut short: its end is missing");
  }
  const image = components === 4 ? decodeCmykJpeg(bytes) : decodeColourJpeg(bytes, end);
  return turnImage(image, orientation);
}
