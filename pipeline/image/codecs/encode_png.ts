/**
 * Pixels to PNG files.
 *
 * Source: PNG specification, second edition (ISO/IEC 15948).
 */

import { crc32, deflate } from "node:zlib";
import { SIGNATURE } from "./png.ts";

/** Pixels to be written. */
export interface PngSource {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** u8 [height, width, channels] with 1 channel (gray), 3 (RGB) or 4 (RGBA). */
  readonly data: Uint8Array;
}

/** PNG's colour type for a number of channels. */
const COLOUR_TYPE: Readonly<Record<number, number>> = { 1: 0, 3: 2, 4: 6 };

/**
 * Writes pixels as a PNG file; the number of channels (1, 3 or 4) follows from the amount of data.
 *
 * @throws {TypeError} If the data are not 1, 3 or 4 bytes a pixel.
 */
export async function encodePng(image: PngSource): Promise<Uint8Array> {
  const { width, height, data } = image;
  const channels = data.length / (width * height);
  const colourType = COLOUR_TYPE[channels];
  if (colourType === undefined) {
    throw new TypeError(
      `Cannot write a PNG: ${width}x${height} pixels need 1, 3 or 4 bytes each, got ${data.length}`,
    );
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, colourType);
  const packed = await compress(filterRows(data, height, channels));
  const chunks = [
    SIGNATURE,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", packed),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * Puts the filter byte before each row. Colour is stored as the difference to the pixel on the left,
 * which a photograph needs to become small; gray, here always a flat mask, as it is.
 */
function filterRows(data: Uint8Array, height: number, channels: number): Uint8Array<ArrayBuffer> {
  const stride = data.length / height;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const from = y * stride;
    const to = y * (stride + 1) + 1;
    rows.set(data.subarray(from, from + stride), to);
    if (channels === 1) continue;
    rows[to - 1] = 1;
    for (let i = channels; i < stride; i++) {
      rows[to + i] = data[from + i]! - data[from + i - channels]!;
    }
  }
  return rows;
}

function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    deflate(bytes, (error, packed) => error ? reject(error) : resolve(new Uint8Array(packed)));
  });
}

function chunk(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}
