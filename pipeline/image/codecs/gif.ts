/**
 * GIF files to RGB pixels: the first picture, on the whole canvas.
 *
 * Source: GIF89a, sections 17 to 25.
 */

import { checkSize, overWhite, placeOn, type RgbImage } from "../pixels.ts";

/**
 * Width and height of the canvas, which is as large as its first picture at least.
 *
 * @throws {SyntaxError} If the file is damaged.
 * @throws {RangeError} If it is too large.
 */
export function gifSize(bytes: Uint8Array): [width: number, height: number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = findPicture(bytes);
  if (at === null) throw new SyntaxError("the GIF is damaged or cut short: it has no picture");
  const field = (offset: number) => view.getUint16(offset, true);
  const width = Math.max(field(6), field(at + 1) + field(at + 5));
  const height = Math.max(field(8), field(at + 3) + field(at + 7));
  checkSize(width, height);
  return [width, height];
}

/** Decodes a GIF file; what is transparent shows white. Errors as of {@linkcode gifSize}. */
export async function decodeGif(bytes: Uint8Array): Promise<RgbImage> {
  const [width, height] = gifSize(bytes);
  if (bytes.length * PIXELS_PER_BYTE < width * height) {
    throw new SyntaxError(
      `the GIF is damaged or cut short: ${bytes.length} bytes cannot hold ${width}x${height} pixels`,
    );
  }
  const { decodeFirst } = await import("./gif_decoder.ts");
  const picture = decodeFirst(bytes);
  const { data } = placeOn({ width, height }, picture, picture);
  return { width, height, data: overWhite(data) };
}

/** A code of 12 bits stands for 4,096 pixels at most. */
const PIXELS_PER_BYTE = 4096;
const EXTENSION = 0x21, PICTURE = 0x2c;
/** Bytes of the header and the canvas, and of what says where a picture lies. */
const HEAD = 13, PLACE = 10;

/** Where the first picture's place is told, or null. */
function findPicture(bytes: Uint8Array): number | null {
  const flags = bytes[10] ?? 0;
  let at = HEAD + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  while (bytes[at] === EXTENSION) {
    at += 2;
    for (let length = bytes[at]; length; length = bytes[at]) at += 1 + length;
    at++;
  }
  return bytes[at] === PICTURE && at + PLACE <= bytes.length ? at : null;
}
