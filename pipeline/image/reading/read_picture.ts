/** What is wanted of a picture file, and what is read of it. */

import { hexOf } from "../../files/hex_digest.ts";
import type { PictureFile } from "../picture_file.ts";
import { decodeImage, nameError, resizeImage, type RgbImage, sizeOfPicture } from "../image.ts";
import { pickPixels } from "../resize.ts";

/** A picture file, and what is wanted of it. */
export interface PictureRequest {
  /** The file. */
  readonly path: string;
  /** The size that its pixels are brought to; null where its header is enough. */
  readonly size: PictureSize | null;
  /** Whether a damaged one is used as far as it goes. */
  readonly useDamaged: boolean;
  /** Whether it is a mask, of which pixels are picked and not mixed. */
  readonly isMask?: boolean;
}

/** Rows and columns. */
export interface PictureSize {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** What was read of a picture file. */
export interface ReadPicture {
  /** Columns of the upright picture. */
  readonly width: number;
  /** Rows of the upright picture. */
  readonly height: number;
  /** u8 [H, W, 3] at the size that was wanted; null where only the header was. */
  readonly pixels: Uint8Array<ArrayBuffer> | null;
  /** What is wrong with the file, if it is damaged and used as far as it goes. */
  readonly damage?: string | undefined;
  /** The file that it was read from. */
  readonly file: FileFacts;
}

/** What tells a file from another, and from what it was before it was changed. */
export interface FileFacts {
  /** Bytes that it has. */
  readonly bytes: number;
  /** When it was last changed, in milliseconds since 1970; 0 where the system does not say. */
  readonly modified: number;
  /** First 64 bits of its SHA-256, in hexadecimal digits. */
  readonly digest: string;
}

/**
 * Takes what is wanted out of a picture file.
 *
 * @throws As of `decodeImage()`.
 */
export async function pictureOf(
  { bytes, modified }: PictureFile,
  { path, size, useDamaged, isMask }: PictureRequest,
): Promise<ReadPicture> {
  const file = { bytes: bytes.length, modified, digest: hexOf(bytes, 16) };
  if (size === null) return { ...headerOf(bytes, path, useDamaged), pixels: null, file };
  const image = await decodeImage(bytes, path, { useDamaged });
  const { width, height, damage } = image;
  const fitted = isMask ? pickPixels(image, size) : fit(image, size);
  return { width, height, pixels: ownBuffer(fitted), damage, file };
}

function headerOf(bytes: Uint8Array, path: string, useDamaged: boolean): PictureSize {
  try {
    const [width, height] = sizeOfPicture(bytes, { useDamaged });
    return { width, height };
  } catch (cause) {
    throw nameError(cause, path);
  }
}

/** The picture's pixels at a size, u8 [H, W, 3]. */
export function fit(image: RgbImage, { height, width }: PictureSize): Uint8Array {
  if (image.height === height && image.width === width) return image.data;
  return resizeImage(image, width, height).data;
}

/** Bytes that have their buffer for themselves, so that it can be handed over, and holds nothing else. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isAlone = bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
  return isAlone ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
}
