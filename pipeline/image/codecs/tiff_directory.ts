/**
 * What a TIFF file says about its first picture.
 *
 * Source: TIFF 6.0, sections 2 and 8 (tags), 14 (predictor), 15 (tiles), 18 (transparency), and Adobe's
 * technical note 2 (JPEG).
 */

import { checkSize } from "../pixels.ts";

/** The first picture of a file. */
export interface TiffDirectory {
  readonly width: number;
  readonly height: number;
  /** As EXIF tells it, 1 to 8; 1 is upright. */
  readonly orientation: number;
  readonly little: boolean;
  /** Bits a sample, the same for all. */
  readonly depth: number;
  /** Samples a pixel. */
  readonly samples: number;
  readonly compression: number;
  /** What samples mean: 0 white is zero, 1 black is zero, 2 RGB, 3 a palette, 5 CMYK, 6 YCbCr. */
  readonly meaning: number;
  /** Whether samples are stored as differences to those on the left. */
  readonly differences: boolean;
  /** Whether each sample of the pixels lies in blocks of its own. */
  readonly planar: boolean;
  /** The transparency among the samples: 1 with colours multiplied by it, 2 without, 0 none. */
  readonly alpha: number;
  /** Red, green and blue of a palette, each from 0 to 65535. */
  readonly palette: readonly number[];
  /** Tables that all JPEG blocks share. */
  readonly jpegTables: Uint8Array | null;
  /** Strips or tiles. */
  readonly blocks: {
    readonly width: number;
    readonly height: number;
    /** Strips end with the picture; tiles are whole ones. */
    readonly areWhole: boolean;
    readonly data: readonly Uint8Array[];
  };
}

const TAG = {
  width: 256,
  height: 257,
  depth: 258,
  compression: 259,
  meaning: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  stripRows: 278,
  stripBytes: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  alpha: 338,
  format: 339,
  jpegTables: 347,
} as const;

/** Bytes of numbers by their type: 8, 16 and 32 bits, and bytes of no meaning. */
const TYPES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 7: 1 };

const DAMAGED = "the TIFF is damaged or cut short";

/**
 * Reads the first directory.
 *
 * @throws {SyntaxError} If it is damaged or of a kind that is not read.
 * @throws {RangeError} If the picture is too large.
 */
export function readTiffDirectory(bytes: Uint8Array): TiffDirectory {
  const tags = new Tags(bytes);
  const [width, height] = [tags.number("width"), tags.number("height")];
  checkSize(width, height);
  const depths = tags.numbers("depth", [1]);
  const orientation = tags.number("orientation", 1);
  const isOdd = depths.some((depth) => depth !== depths[0]) || tags.number("fillOrder", 1) !== 1 ||
    tags.numbers("format", [1]).some((format) => format !== 1);
  if (isOdd) throw new SyntaxError("the TIFF has samples of an unsupported kind");
  const tables = tags.bytes("jpegTables");
  return {
    ...{ width, height, little: tags.little },
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    depth: depths[0] ?? 1,
    samples: tags.number("samples", 1),
    compression: tags.number("compression", 1),
    meaning: tags.number("meaning"),
    differences: predicted(tags.number("predictor", 1)),
    planar: tags.number("planar", 1) === 2,
    alpha: tags.numbers("alpha", [0])[0] ?? 0,
    palette: tags.numbers("palette", []),
    jpegTables: tables.length > 0 ? tables : null,
    blocks: readBlocks(tags, width, height),
  };
}

function predicted(predictor: number): boolean {
  if (predictor > 2) throw new SyntaxError("the TIFF has a predictor that is not supported");
  return predictor === 2;
}

/** A block is no larger than a picture may be, and together they can hold the picture. */
function readBlocks(tags: Tags, width: number, height: number): TiffDirectory["blocks"] {
  const areWhole = tags.has("tileOffsets");
  const size = areWhole
    ? { width: tags.number("tileWidth"), height: tags.number("tileHeight") }
    : { width, height: Math.min(tags.number("stripRows", height), height) };
  checkSize(size.width, size.height);
  const offsets = tags.numbers(areWhole ? "tileOffsets" : "stripOffsets");
  const lengths = tags.numbers(areWhole ? "tileBytes" : "stripBytes");
  return { ...size, areWhole, data: offsets.map((at, i) => tags.file(at, lengths[i] ?? 0)) };
}

class Tags {
  readonly little: boolean;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where each tag's entry lies. */
  readonly #entries = new Map<number, number>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.little = bytes[0] === 0x49;
    const start = bytes.length >= 8 ? this.#view.getUint32(4, this.little) : Infinity;
    if (start + 2 > bytes.length) throw new SyntaxError(`${DAMAGED}: it has no header`);
    const count = this.#view.getUint16(start, this.little);
    for (let i = 0, at = start + 2; i < count && at + 12 <= bytes.length; i++, at += 12) {
      this.#entries.set(this.#view.getUint16(at, this.little), at);
    }
  }

  has(name: keyof typeof TAG): boolean {
    return this.#entries.has(TAG[name]);
  }

  number(name: keyof typeof TAG, fallback?: number): number {
    const [value] = this.numbers(name, fallback === undefined ? undefined : [fallback]);
    if (value === undefined) throw new SyntaxError(DAMAGED);
    return value;
  }

  numbers(name: keyof typeof TAG, fallback?: number[]): number[] {
    const place = this.#placeOf(name);
    if (place === null && fallback) return fallback;
    if (place === null) throw new SyntaxError(DAMAGED);
    const { at, count, size } = place;
    const view = this.#view;
    return Array.from({ length: count }, (_, i) => {
      if (size === 1) return view.getUint8(at + i);
      return size === 2
        ? view.getUint16(at + 2 * i, this.little)
        : view.getUint32(at + 4 * i, this.little);
    });
  }

  bytes(name: keyof typeof TAG): Uint8Array {
    const place = this.#placeOf(name);
    return place ? this.#bytes.subarray(place.at, place.at + place.count * place.size) : NOTHING;
  }

  file(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length);
  }

  /** Where a tag's numbers lie: in its entry, if there is room. Null if it is missing or leads nowhere. */
  #placeOf(name: keyof typeof TAG): { at: number; count: number; size: number } | null {
    const entry = this.#entries.get(TAG[name]);
    if (entry === undefined) return null;
    const size = TYPES[this.#view.getUint16(entry + 2, this.little)] ?? 0;
    const count = this.#view.getUint32(entry + 4, this.little);
    const at = size * count <= 4 ? entry + 8 : this.#view.getUint32(entry + 8, this.little);
    return size > 0 && at + size * count <= this.#bytes.length ? { at, count, size } : null;
  }
}

const NOTHING = new Uint8Array();
