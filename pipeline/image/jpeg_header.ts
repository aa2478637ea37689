/**
 * What a JPEG file says about itself: size, components, orientation, and where it ends.
 *
 * Source: ITU-T T.81, annex B (markers); Exif 2.3, section 4.6 (tags).
 *
 * @module
 */

/** Facts from a JPEG file's markers. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** Number of colour components: 1 gray, 3 colour, 4 CMYK or YCCK. */
  readonly components: number;
  /** How many planes of the picture's size the components make together: 1.5 where colour is halved. */
  readonly planes: number;
  /** How many scans there are up to there; a progressive JPEG has several. */
  readonly scans: number;
  /** Where the end-of-image marker is, or null if it is missing. */
  readonly end: number | null;
}

const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** Frame headers are C0 to CF but for C4 (Huffman tables), C8 (reserved), CC (arithmetic coding). */
const NO_FRAME = [0xc4, 0xc8, 0xcc];

/**
 * Walks over a JPEG file's markers.
 *
 * @throws {SyntaxError} If the file ends, or stops making sense, before its size is told.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Pick<JpegHeader, "width" | "height" | "components" | "planes"> | null = null;
  let orientation = 1;
  let scans = 0;
  let end: number | null = null;
  for (let at = nextMarker(bytes, 2); at + 1 < bytes.length;) {
    const marker = bytes[at + 1]!;
    if (marker === END_OF_IMAGE) {
      end = at;
      break;
    }
    const length = at + 4 <= bytes.length ? view.getUint16(at + 2) : 0;
    if (length < 2 || at + 2 + length > bytes.length) break;
    if (marker === APP1) orientation = readOrientation(bytes, at + 4, at + 2 + length);
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker) && length >= 8) {
      // A second frame is an error; the decoder asks for memory by the first one.
      frame ??= {
        width: view.getUint16(at + 7),
        height: view.getUint16(at + 5),
        components: view.getUint8(at + 9),
        planes: planesOf(bytes.subarray(at + 10, at + 2 + length)),
      };
    }
    if (marker === START_OF_SCAN) scans++;
    const after = at + 2 + length;
    at = marker === START_OF_SCAN ? nextMarker(bytes, after) : nextSegment(bytes, after);
  }
  if (frame === null) throw new SyntaxError("the JPEG is damaged or cut short: it has no header");
  return { ...frame, orientation, scans, end };
}

/** From three bytes for each component, the second of which has its sampling along both axes. */
function planesOf(components: Uint8Array): number {
  const samplings = [...components].filter((_, i) => i % 3 === 1);
  const [across, down] = [samplings.map((byte) => byte >> 4), samplings.map((byte) => byte & 15)];
  const blocks = samplings.reduce((sum, _, i) => sum + across[i]! * down[i]!, 0);
  return blocks / (Math.max(...across) * Math.max(...down));
}

/** A segment follows at once; a marker may be preceded by any number of fill bytes FF. */
function nextSegment(bytes: Uint8Array, from: number): number {
  return bytes[from] === 0xff ? nextMarker(bytes, from) : bytes.length;
}

/** The next marker in picture data, where FF 00 stands for a byte FF and FF D0…D7 are restarts. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at !== -1 && at + 1 < bytes.length) {
    const code = bytes[at + 1]!;
    if (code === 0xff) at++;
    else if (code === 0 || (code >= 0xd0 && code <= 0xd7)) at = bytes.indexOf(0xff, at + 2);
    else return at;
  }
  return bytes.length;
}

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
const ORIENTATION_TAG = 0x0112;

/** The orientation in an APP1 segment, or 1 where it has none. */
function readOrientation(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 14 || EXIF.some((code, i) => bytes[start + i] !== code)) return 1;
  const tiff = new DataView(bytes.buffer, bytes.byteOffset + start + 6, end - start - 6);
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const entries = tiff.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
    if (tiff.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
