/**
 * Which way up a picture is, as its EXIF data say.
 *
 * Source: Exif 2.3, section 4.6; TIFF 6.0, section 2 (the directory of tags).
 */

const ORIENTATION_TAG = 0x0112;
/** What stands before EXIF data in JPEG files, and by mistake in some PNG and WebP files too. */
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
/** Types of tags that hold numbers of 16 and of 32 bits. */
const SHORT = 3, LONG = 4;

/**
 * The orientation, 1 to 8, in EXIF data with or without `Exif` before them; 1, which is upright, where they
 * do not say or make no sense.
 */
export function exifOrientation(bytes: Uint8Array): number {
  const start = beginsWithExif(bytes) ? EXIF.length : 0;
  const tiff = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  if (tiff.byteLength < 8) return 1;
  const order = tiff.getUint16(0);
  const little = order === 0x4949;
  if (!little && order !== 0x4d4d || tiff.getUint16(2, little) !== 42) return 1;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const type = tiff.getUint16(at + 2, little);
    if (type === SHORT) return checked(tiff.getUint16(at + 8, little));
    return type === LONG ? checked(tiff.getUint32(at + 8, little)) : 1;
  }
  return 1;
}

/** Whether these are the bytes of a JPEG segment that holds EXIF data. */
export function beginsWithExif(bytes: Uint8Array): boolean {
  return EXIF.every((code, i) => bytes[i] === code);
}

function checked(orientation: number): number {
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
