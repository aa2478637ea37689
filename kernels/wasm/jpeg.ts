/**
 * Sequential colour JPEGs to pixels, with SIMD: codes, transform, upsampling and colour are in WebAssembly
 * (`wat/jpeg.ts`), to the bit what libjpeg-turbo gives by default.
 */

import binary from "./binaries/jpeg.wasm" with { type: "bytes" };
import { writeFactors, writePlaces, writeTable } from "./jpeg_tables.ts";
import { COMPONENT_BYTES, COMPONENTS, FREE, TABLE_BYTES, TABLES } from "./wat/jpeg/layout.ts";

/** What one of three components is decoded by, as it lies in the file. */
export interface JpegComponent {
  /** u8 [16 + n] Huffman tables of means and of the other coefficients: counts by length, then symbols. */
  readonly codes: readonly [means: Uint8Array, others: Uint8Array];
  /** u8 [64] */
  readonly factors: Uint8Array;
}

/** A picture's only scan, of luma and two planes of chroma. */
export interface JpegScan {
  readonly width: number;
  readonly height: number;
  /** Luma's blocks to one of chroma, along both axes: 1x1, 2x1 or 2x2. */
  readonly sampling: readonly [h: number, v: number];
  readonly components: readonly JpegComponent[];
  /** Coded data up to the marker behind them, with a zero behind each byte FF. */
  readonly data: Uint8Array;
}

/** What is in the module; arguments are as its text names them. */
interface Decoder {
  readonly memory: WebAssembly.Memory;
  readonly decode: (...numbers: readonly number[]) => number;
  readonly colour: (...numbers: readonly number[]) => void;
}

/** One decoder a thread. */
let decoder: Decoder | null = null;
/** The Huffman tables that lie in its memory: most files have the same. */
const held: (Uint8Array | undefined)[] = [];

/** Bytes of a page of memory. */
const PAGE = 65536;
/** A unit of 6 blocks takes no more than this beyond the data's end before that is noticed. */
const OVERRUN = 4096;
/** The greatest symbols: bits of a difference of means, and any byte. Source: ITU-T T.81, F.1.2. */
const MOST_SYMBOLS = [11, 255];

/** Decodes a scan to u8 [height, width, 3]; null if anything in it is not as it should be. */
export function decodeScan(scan: JpegScan): Uint8Array<ArrayBuffer> | null {
  const { memory, decode, colour } = decoder ??= start();
  const { width, height, sampling: [h, v], data } = scan;
  const across = Math.ceil(width / (8 * h)), down = Math.ceil(height / (8 * v));
  const chromaStride = 8 * across, stride = h * chromaStride;
  const [luma, cb, cr, work, pixels, coded, end] = placesOf([
    stride * 8 * v * down,
    chromaStride * 8 * down,
    chromaStride * 8 * down,
    4 * stride,
    3 * width * height,
    OVERRUN + data.length,
  ]);
  growTo(memory, end!);
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  if (!scan.components.every((component, i) => writeComponent(view, i, component))) return null;
  const length = copyBackwards(data, bytes, coded! + OVERRUN);
  if (length === null) return null;
  const first = coded! + OVERRUN + length - 1;
  if (decode(first, 8 * length, across, down, h, v, luma!, cb!, cr!) !== 0) return null;
  const [columns, rows] = [Math.ceil(width / h), Math.ceil(height / v)];
  const planes = [luma!, stride, cb!, cr!, chromaStride, columns, rows];
  colour(width, height, h, v, ...planes, work!, pixels!);
  return bytes.slice(pixels, pixels! + 3 * width * height);
}

function start(): Decoder {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary));
  const started = instance.exports as unknown as Decoder;
  writePlaces(new DataView(started.memory.buffer));
  return started;
}

/** Addresses of parts, some bytes apart, since rows are read and written in wholes of up to 48 bytes. */
function placesOf(sizes: readonly number[]): number[] {
  const places = [FREE];
  for (const size of sizes) places.push(Math.ceil((places.at(-1)! + size + 64) / 64) * 64);
  return places;
}

function growTo(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}

/** Writes the tables of a component; false if one is none. */
function writeComponent(view: DataView, i: number, { codes, factors }: JpegComponent): boolean {
  const at = COMPONENTS + COMPONENT_BYTES * i;
  for (const [kind, table] of codes.entries()) {
    const slot = 2 * i + kind, address = TABLES + slot * TABLE_BYTES;
    if (!isSame(held[slot], table)) {
      delete held[slot];
      if (!writeTable(view, address, table, MOST_SYMBOLS[kind]!)) return false;
      held[slot] = table.slice();
    }
    view.setInt32(at + 4 * kind, address, true);
  }
  view.setInt32(at + 8, writeFactors(view, i, factors), true);
  return true;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (a?.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Copies data without the zeros behind bytes FF; returns how many bytes are left, null at a marker. */
function copyBackwards(data: Uint8Array, to: Uint8Array, at: number): number | null {
  let length = 0;
  for (let from = 0; from < data.length;) {
    const found = data.indexOf(0xff, from);
    const end = found === -1 ? data.length : found + 1;
    if (found !== -1 && data[end] !== 0) return null;
    to.set(data.subarray(from, end), at + length);
    length += end - from;
    from = end + 1;
  }
  to.subarray(at, at + length).reverse();
  return length;
}
