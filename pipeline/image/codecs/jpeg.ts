/**
 * JPEG files to RGB pixels: nearly all of them by a decoder of our own, others and damaged ones by mozjpeg,
 * those of four inks by ImageScript's.
 *
 * @module
 */

import { decodeBaselineJpeg } from "./jpeg/baseline.ts";
import { decodeCmykJpeg } from "./jpeg/cmyk.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg/header.ts";
import { decodeColourJpeg } from "./jpeg/mozjpeg.ts";
import { sideways, turnImage } from "../orientation.ts";
import { checkSize, type DecodeOptions, type RgbImage } from "../pixels.ts";

/**
 * Width and height once it is upright. One that is cut short is an error unless it is to be used, as it is here
 * if nothing else is said; other errors as of {@linkcode decodeJpeg}.
 */
export function jpegSize(
  bytes: Uint8Array,
  { useDamaged = true }: DecodeOptions = {},
): [width: number, height: number] {
  const header = readJpegHeader(bytes);
  const { width, height, orientation } = header;
  checkSize(width, height);
  if (!useDamaged) checkWhole(header);
  return sideways(orientation) ? [height, width] : [width, height];
}

/** Each block of 8x8 pixels takes a bit at least: the code of its mean. Source: ITU-T T.81, F.1.2.1. */
const PIXELS_PER_BYTE = 8 * 64;
/**
 * Encoders write ten scans or so. Each goes over the whole picture, though it may take no more than a few
 * bytes of the file: with thousands, a small file would keep a core busy for minutes. So few are read of a
 * picture that all scans together go over no more than {@linkcode MOST_SCANNED} pixels.
 */
const MOST_SCANS = 100;
const MOST_SCANNED = 1.6e9;
/** Pictures in several scans are held as coefficients, of two bytes each, until the last one. */
const MOST_COEFFICIENTS = 256e6;

/**
 * Decodes a JPEG file and turns it upright. A damaged one is an error, unless it is to be used: then what is
 * missing is gray, and the picture says what is wrong.
 *
 * @throws {SyntaxError} If it is damaged, cut short, or of an unsupported kind.
 * @throws {RangeError} If it is too large.
 */
export function decodeJpeg(
  bytes: Uint8Array,
  { useDamaged = false }: DecodeOptions = {},
): RgbImage {
  const header = readJpegHeader(bytes);
  const { width, height, components, orientation, end } = header;
  checkSize(width, height);
  if (!useDamaged || header.scans === 0) checkWhole(header);
  checkScans(header);
  if (!useDamaged) checkLength(header, end ?? bytes.length);
  const image = components === 4
    ? decodeCmykJpeg(bytes)
    : (end !== null && decodeBaselineJpeg(bytes, end)) ||
      decodeColourJpeg(bytes, end ?? bytes.length, useDamaged);
  return turnImage(end === null ? { ...image, damage: NO_END } : image, orientation);
}

const NO_END = "the JPEG is damaged or cut short: its end is missing";

function checkWhole({ end }: JpegHeader): void {
  if (end === null) throw new SyntaxError(NO_END);
}

/**
 * Refuses what takes far more memory than its size lets expect.
 *
 * @param length Bytes up to its end marker.
 */
function checkLength({ width, height }: JpegHeader, length: number): void {
  if (PIXELS_PER_BYTE * length >= width * height) return;
  throw new SyntaxError(
    `the JPEG is damaged or cut short: ${length} bytes cannot hold ${width}x${height} pixels`,
  );
}

/** Refuses what takes far more time and memory than other pictures of its size. */
function checkScans({ width, height, scans, planes }: JpegHeader): void {
  const pixels = width * height;
  const most = Math.min(MOST_SCANS, Math.max(1, Math.floor(MOST_SCANNED / pixels)));
  if (scans > most) {
    throw new RangeError(
      `the JPEG has ${scans} scans: of ${width}x${height} pixels, no more than ${most} are read`,
    );
  }
  if (scans > 1 && 2 * planes * pixels > MOST_COEFFICIENTS) {
    throw new RangeError(
      `the picture is too large: ${width}x${height} pixels in ${scans} scans take too much memory`,
    );
  }
}
