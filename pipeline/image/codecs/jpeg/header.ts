/**
 * What a JPEG file says about itself: size, components, orientation, and where it ends.
 *
 * Source: ITU-T T.81, annex B (markers).
 */

import { beginsWithExif, exifOrientation } from "../exif.ts";

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
  let orientation: number | null = null;
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
    const content = bytes.subarray(at + 4, at + 2 + length);
    // XMP lies in segments of the same kind.
    if (marker === APP1 && beginsWithExif(content)) orientation ??= exifOrientation(content);
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
  return { ...frame, orientation: orientation ?? 1, scans, end };
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
