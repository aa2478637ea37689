/**
 * What kinds of pictures there are, told by the first bytes of a file or by its name's ending: those that are
 * read, and others, so that no picture is passed over in silence.
 */

import { brandsOf } from "./codecs/iso_boxes.ts";

/** Kinds that are read. */
export type ReadKind = "AVIF" | "BMP" | "GIF" | "JPEG" | "PNG" | "TIFF" | "WebP";

interface PictureKind {
  readonly name: string;
  /** Whether it is one of {@linkcode ReadKind}. */
  readonly isRead: boolean;
}

interface KnownKind extends PictureKind {
  /** Endings of names, without the dot. */
  readonly endings: readonly string[];
  /** Whether a file begins as one of this kind; null where names alone tell. */
  readonly begins: ((bytes: Uint8Array) => boolean) | null;
}

/** Bytes from which a kind can be told. */
export const HEAD_BYTES = 256;

/** Lengths of a BMP file's second header, by version. */
const BMP_HEADERS = [12, 40, 52, 56, 64, 108, 124];

function isBmp(bytes: Uint8Array): boolean {
  return startsWith(bytes, "BM") && BMP_HEADERS.includes(bytes[14]!) &&
    [15, 16, 17].every((at) => bytes[at] === 0);
}

const HEIC_BRANDS = /^(?:he[iv][cmsx]|mif1|msf1)$/;
const hasBrand = (brand: RegExp) => (bytes: Uint8Array) =>
  brandsOf(bytes).some((b) => brand.test(b));
const text = (...texts: string[]) => (bytes: Uint8Array) => texts.some((t) => startsWith(bytes, t));

/** The first that fits counts, so that AVIF comes before the HEIC whose brands it has too. */
const KINDS: readonly KnownKind[] = [
  read("JPEG", "jpg jpeg jpe jfif", text("\xff\xd8\xff")),
  read("PNG", "png", text("\x89PNG\r\n\x1a\n")),
  read(
    "WebP",
    "webp",
    (bytes) => startsWith(bytes, "RIFF") && startsWith(bytes.subarray(8), "WEBP"),
  ),
  read("AVIF", "avif", hasBrand(/^avi[fs]$/)),
  read("GIF", "gif", text("GIF87a", "GIF89a")),
  read("TIFF", "tif tiff", text("II*\0", "MM\0*")),
  read("BMP", "bmp dib", isBmp),
  other("HEIC", "heic heif hif", hasBrand(HEIC_BRANDS)),
  other("JPEG 2000", "jp2 j2k j2c jpc jpf jpx", text("\0\0\0\x0cjP  ", "\xff\x4f\xff\x51")),
  other("JPEG XL", "jxl", text("\xff\x0a", "\0\0\0\x0cJXL ")),
  other("JPEG XR", "jxr wdp hdp", text("II\xbc")),
  other("BigTIFF", "btf", text("II+\0", "MM\0+")),
  other("Photoshop", "psd psb", text("8BPS")),
  other("netpbm", "pbm pgm ppm pnm pam", (bytes) => /^P[1-7]\s[\s\d#W]/.test(textOf(bytes, 4))),
  other("OpenEXR", "exr", text("v/1\x01")),
  other("Radiance", "hdr", text("#?RADIANCE", "#?RGBE")),
  other("QOI", "qoi", text("qoif")),
  other("XCF", "xcf", text("gimp xcf")),
  other("DDS", "dds", text("DDS ")),
  other(
    "camera raw",
    "dng cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef srw x3f",
    hasBrand(/^crx $/),
  ),
  other("SVG", "svg svgz", null),
  other("icon", "ico cur", null),
  other("TGA", "tga", null),
];

function read(name: ReadKind, endings: string, begins: KnownKind["begins"]): KnownKind {
  return { name, isRead: true, endings: endings.split(" "), begins };
}

function other(name: string, endings: string, begins: KnownKind["begins"]): KnownKind {
  return { name, isRead: false, endings: endings.split(" "), begins };
}

/** The kind of picture that a file is by its first bytes, {@linkcode HEAD_BYTES} at most, or null. */
export function kindOfBytes(bytes: Uint8Array): PictureKind | null {
  return KINDS.find(({ begins }) => begins?.(bytes)) ?? null;
}

/** The usual ending, without the dot, of a picture's kind by its first bytes. */
export function endingOfBytes(bytes: Uint8Array): string {
  return KINDS.find(({ begins }) => begins?.(bytes))?.endings[0] ?? "bin";
}

/** The kind of picture that a file is by its name, or null. */
export function kindOfName(name: string): PictureKind | null {
  const ending = endingOf(name);
  return ending === "" ? null : KINDS.find(({ endings }) => endings.includes(ending)) ?? null;
}

/** What stands behind the last dot of a name, in lower case; empty without one. */
export function endingOf(name: string): string {
  return /[^./\\]\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** The kinds that are read, for messages: `AVIF, BMP, …, WebP`. */
export const READ_KINDS: string = KINDS.filter(({ isRead }) => isRead).map(({ name }) => name)
  .sort().join(", ");

function startsWith(bytes: Uint8Array, start: string): boolean {
  return textOf(bytes, start.length) === start;
}

function textOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
