/**
 * Gray and colour JPEG files to RGB pixels, by mozjpeg in WebAssembly, so that pixels equal those of
 * libjpeg-turbo, bit for bit. Only 4:4:0 files differ, by 2 at most: this mozjpeg does not yet
 * interpolate colour between rows alone.
 */

import createModule from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import wasmBytes from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm" with { type: "bytes" };
import { type Codec, type CodecModule, startCodec } from "../codec_module.ts";
import { KEPT_MEMORY_BYTES, type RgbaImage, type RgbImage } from "../../pixels.ts";

let compiled: WebAssembly.Module | null = null;
/** One decoder a thread. One that stopped half-way is in an unknown state, and thrown away. */
let decoder: Codec | null = null;

function takeDecoder(): Codec {
  compiled ??= new WebAssembly.Module(wasmBytes);
  return decoder ??= startCodec(createModule, compiled);
}

/**
 * Decodes a JPEG file of one or three components, as it lies.
 *
 * libjpeg goes on after damage, with a warning and a gray area; here damage is an error, unless the picture is
 * to be used. It tells the first warning only, so that damage after a harmless one stays unnoticed, as in other
 * programs.
 *
 * @param end where the file's end-of-image marker is
 * @throws {SyntaxError} If it is damaged or of an unsupported kind.
 */
export function decodeColourJpeg(
  bytes: Uint8Array,
  end: number,
  useDamaged = false,
): RgbImage {
  const { module, messages } = takeDecoder();
  messages.length = 0;
  try {
    const { width, height, data } = decodeWhole(module, bytes, messages);
    const isWhole = messages.every((message) => isHarmless(message, bytes, end));
    if (!isWhole && !useDamaged) throw complaint(messages);
    const image = { width, height, data: dropAlpha(data) };
    return isWhole ? image : { ...image, damage: complaint(messages).message };
  } finally {
    if (module.HEAPU8.length > KEPT_MEMORY_BYTES) decoder = null;
  }
}

function decodeWhole(module: CodecModule, bytes: Uint8Array, messages: string[]): RgbaImage {
  try {
    // As it lies; with true, it would be turned as EXIF says.
    return module.decode(bytes, false)!;
  } catch (cause) {
    decoder = null;
    throw cause instanceof RangeError ? cause : complaint(messages, cause);
  }
}

const DAMAGE = "Corrupt JPEG data: ";

/** The last message is the gravest one: an error ends decoding. */
function complaint(messages: readonly string[], cause?: unknown): SyntaxError {
  const message = messages.at(-1);
  const reason = message?.startsWith(DAMAGE)
    ? `the JPEG is damaged: ${message.slice(DAMAGE.length)}`
    : `the JPEG is damaged or of an unsupported kind${message ? `: ${message}` : ""}`;
  return new SyntaxError(reason, { cause });
}

/** Warnings about a header's value that does not matter for the pixels. */
const ABOUT_HEADERS = [
  "Warning: unknown JFIF revision number",
  "Unknown Adobe color transform code",
  "Invalid SOS parameters for sequential JPEG",
];
const LEFT_OVER = /^Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9$/;

/**
 * Whether a warning says nothing about the pixels. Bytes between the picture's data and its end
 * marker are what damaged data leave over; if all are the same, some cameras' padding.
 */
function isHarmless(message: string, bytes: Uint8Array, end: number): boolean {
  if (ABOUT_HEADERS.some((start) => message.startsWith(start))) return true;
  const count = LEFT_OVER.exec(message)?.[1];
  if (count === undefined) return false;
  return bytes.subarray(end - Number(count), end).every((code) => code === bytes[end - 1]);
}

/** Pixels from which on memory is scarce: the decoder holds several times as much. */
const IN_PLACE = 4e6;

/** RGBA to RGB, four pixels a step: three words of 32 bits out of four (lowest byte first). */
function dropAlpha({ buffer, byteOffset, length }: RgbaImage["data"]): Uint8Array {
  const count = length / 4;
  const from = new Uint32Array(buffer, byteOffset, count);
  // A huge picture in its own place, for want of memory; others give back what they do not need.
  const words = count > IN_PLACE ? from : new Uint32Array(Math.ceil(3 * count / 4));
  const whole = count - count % 4;
  for (let i = 0, to = 0; i < whole; i += 4) {
    const a = from[i]!, b = from[i + 1]!, c = from[i + 2]!, d = from[i + 3]!;
    words[to++] = (a & 0xff_ff_ff) | (b << 24);
    words[to++] = ((b >>> 8) & 0xff_ff) | (c << 16);
    words[to++] = ((c >>> 16) & 0xff) | (d << 8);
  }
  const rgb = new Uint8Array(words.buffer, words.byteOffset, 3 * count);
  for (let i = whole; i < count; i++) {
    const pixel = from[i]!;
    rgb[3 * i] = pixel;
    rgb[3 * i + 1] = pixel >>> 8;
    rgb[3 * i + 2] = pixel >>> 16;
  }
  return rgb;
}
