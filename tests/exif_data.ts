/**
 * EXIF data that hold nothing but an orientation.
 *
 * @module
 */

/**
 * A directory with one tag. Without `Exif` before it, as PNG and WebP have it.
 *
 * @param little Whether the lowest byte of numbers comes first.
 */
export function exifData(orientation: number, little: boolean): Uint8Array<ArrayBuffer> {
  const exif = new DataView(new ArrayBuffer(26));
  exif.setUint16(0, little ? 0x4949 : 0x4d4d);
  exif.setUint16(2, 42, little);
  exif.setUint32(4, 8, little);
  exif.setUint16(8, 1, little);
  exif.setUint16(10, 0x0112, little);
  exif.setUint16(12, 3, little);
  exif.setUint32(14, 1, little);
  exif.setUint16(18, orientation, little);
  return new Uint8Array(exif.buffer);
}

/** Where the left half of a picture of 16 x 8 pixels goes: x, y of a pixel in it, and the new width. */
export const LEFT_HALF: Readonly<Record<number, readonly [x: number, y: number, width: number]>> = {
  1: [2, 2, 16],
  2: [13, 2, 16],
  3: [13, 5, 16],
  4: [2, 5, 16],
  5: [2, 2, 8],
  6: [5, 2, 8],
  7: [5, 13, 8],
  8: [2, 13, 8],
};
