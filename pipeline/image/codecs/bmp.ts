/**
 * BMP files to RGB pixels: without compression, with a palette or of 16, 24 or 32 bits a pixel.
 *
 * Source: Microsoft, BITMAPFILEHEADER, BITMAPINFOHEADER and BITMAPV4HEADER.
 */

import { checkSize, type RgbImage } from "../pixels.ts";

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first row of the file is the uppermost one. */
  readonly fromTop: boolean;
  /** Bits a pixel. */
  readonly depth: number;
  readonly compression: number;
  /** Bytes of the headers before the palette. */
  readonly length: number;
  /** Entries of the palette. */
  readonly colours: number;
  /** Where the pixels begin. */
  readonly start: number;
}

/** Bytes of the file's own header, before that of the picture. */
const FILE_HEADER = 14;
/** Lengths of the picture's header by version; the first is OS/2's, with sides of 16 bits. */
const HEADERS = [12, 40, 52, 56, 64, 108, 124];
const OS2 = 12;
/** Compression: none, and none with masks that say where red, green and blue are. */
const PLAIN = 0, MASKS = 3;

/** Width and height; errors as of {@linkcode decodeBmp}. */
export function bmpSize(bytes: Uint8Array): [width: number, height: number] {
  const { width, height } = readHeader(bytes);
  return [width, height];
}

/**
 * Decodes a BMP file; whether a pixel is transparent is not regarded, as elsewhere.
 *
 * @throws {SyntaxError} If it is damaged, cut short or compressed.
 * @throws {RangeError} If it is too large.
 */
export function decodeBmp(bytes: Uint8Array): RgbImage {
  const header = readHeader(bytes);
  const { width, height, depth, start, fromTop } = header;
  const stride = Math.ceil(width * depth / 32) * 4;
  if (start + stride * height > bytes.length) {
    throw new SyntaxError("the BMP is damaged or cut short");
  }
  const write = depth <= 8 ? paletteWriter(bytes, header) : colourWriter(bytes, header);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = start + stride * (fromTop ? y : height - 1 - y);
    for (let x = 0; x < width; x++) write(row, x, data, 3 * (y * width + x));
  }
  return { width, height, data };
}

function readHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = bytes.length >= 18 ? view.getUint32(14, true) : 0;
  const length = FILE_HEADER + size;
  if (!HEADERS.includes(size) || bytes.length < length) {
    throw new SyntaxError("the BMP is damaged or cut short: it has no header");
  }
  const isOld = size === OS2;
  const rows = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const [width, height] = [
    isOld ? view.getUint16(18, true) : view.getInt32(18, true),
    Math.abs(rows),
  ];
  checkSize(width, height);
  const depth = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? PLAIN : view.getUint32(30, true);
  if (![PLAIN, MASKS].includes(compression) || ![1, 4, 8, 16, 24, 32].includes(depth)) {
    throw new SyntaxError("the BMP is compressed or of another unsupported kind");
  }
  const colours = isOld ? 0 : view.getUint32(46, true);
  const start = view.getUint32(10, true);
  return {
    ...{ width, height, fromTop: rows < 0, depth, compression, length, start },
    colours: depth > 8 ? 0 : Math.min(colours || 2 ** depth, 2 ** depth),
  };
}

/** Writes a pixel of a row into RGB data. */
type PixelWriter = (row: number, x: number, data: Uint8Array, to: number) => void;

function paletteWriter(bytes: Uint8Array, { depth, length, colours }: BmpHeader): PixelWriter {
  const entry = length === FILE_HEADER + OS2 ? 3 : 4;
  const most = 2 ** depth - 1;
  return (row, x, data, to) => {
    const bit = x * depth;
    const index = bytes[row + (bit >> 3)]! >> (8 - depth - (bit & 7)) & most;
    if (index >= colours) return; // black
    const from = length + entry * index;
    for (let c = 0; c < 3; c++) data[to + c] = bytes[from + 2 - c]!;
  };
}

/** Masks of red, green and blue where the file has none. */
const USUAL_MASKS = { 16: [0x7c00, 0x3e0, 0x1f], 32: [0xff0000, 0xff00, 0xff] } as const;

function colourWriter(bytes: Uint8Array, { depth, compression }: BmpHeader): PixelWriter {
  if (depth === 24) {
    return (row, x, data, to) => {
      for (let c = 0; c < 3; c++) data[to + c] = bytes[row + 3 * x + 2 - c]!;
    };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hasMasks = compression === MASKS && bytes.length >= MASKS_AT + 12;
  const masks = hasMasks
    ? [0, 4, 8].map((at) => view.getUint32(MASKS_AT + at, true))
    : USUAL_MASKS[depth as 16 | 32];
  const channels = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift || 1 };
  });
  return (row, x, data, to) => {
    const pixel = depth === 16
      ? view.getUint16(row + 2 * x, true)
      : view.getUint32(row + 4 * x, true);
    channels.forEach(({ mask, shift, most }, c) => {
      data[to + c] = ((pixel & mask) >>> shift) * 255 / most + 0.5;
    });
  };
}

/** Behind the header of 40 bytes, whether the masks belong to it or follow it. */
const MASKS_AT = FILE_HEADER + 40;
