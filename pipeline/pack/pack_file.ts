/**
 * The file of a pack: safetensors, so that NumPy and PyTorch read it too.
 *
 * | array | what |
 * |---|---|
 * | `pixels` | u8 [N, H, W, 3] |
 * | `names` | u8: JSON list of the N pictures' names, blanks at its end |
 * | `modified` | f64 [N]: when each file was last changed, milliseconds since 1970 |
 * | `checksums` | u32 [N]: CRC-32 of each picture's pixels |
 * | `sizes` | u32 [N, 2]: width and height of each file's picture, upright |
 * | `bytes` | u32 [N]: bytes of each file |
 * | `digests` | u8 [N, 8]: first 64 bits of each file's SHA-256 |
 * | `present` | u8 [N]: 1 where a picture is there, 0 where it could not be read |
 * | `damage` | u8: JSON object, by name what is wrong with files that are used as far as they go |
 *
 * The metadata have the schema and `index`, CRC-32 of all arrays but the first in hexadecimal digits. The pixels
 * begin at byte 4096.
 */

import { concat } from "@std/bytes";
import { crc32 } from "node:zlib";
import { readAt } from "../files/file_bytes.ts";
import {
  bytesOf,
  decodeHead,
  decodeTensors,
  encodeHead,
  kindOf,
  type StoredTensor,
} from "../files/safetensors.ts";
import { checkSchema, schemaOf } from "../files/schema.ts";
import { isObject, parseJson } from "../files/json_text.ts";
import type { PictureSize } from "../image/reading/read_picture.ts";
import { PackIndex } from "./pack_index.ts";

/** Where the pixels begin: a page, so that systems can map them. */
export const PIXELS_AT = 4096;

/** Bytes of one picture. */
export function pictureBytes({ height, width }: PictureSize): number {
  return 3 * height * width;
}

/** What a file holds before and after its pixels. */
export interface PackEnds {
  /** At byte 0. */
  readonly head: Uint8Array;
  /** After the last pixel. */
  readonly tail: Uint8Array;
}

/** The ends of a file. */
export function encodeEnds(index: PackIndex, { height, width }: PictureSize): PackEnds {
  const count = index.names.length;
  const pixels = count * pictureBytes({ height, width });
  const { modified, checksums, sizes, bytes, digests, present } = index;
  const encoder = new TextEncoder();
  const names = encoder.encode(JSON.stringify(index.names));
  // Blanks at its end bring what follows to a multiple of eight bytes.
  const padded = new Uint8Array(names.length + (8 - (pixels + names.length) % 8) % 8).fill(32);
  padded.set(names);
  const damage = encoder.encode(JSON.stringify(index.damage));
  const arrays: Record<string, StoredTensor> = {
    names: { shape: [padded.length], data: padded },
    modified: { shape: [count], data: modified },
    checksums: { shape: [count], data: checksums },
    sizes: { shape: [count, 2], data: sizes },
    bytes: { shape: [count], data: bytes },
    digests: { shape: [count, 8], data: digests },
    present: { shape: [count], data: present },
    damage: { shape: [damage.length], data: damage },
  };
  const all = Object.entries(arrays);
  const tail = concat(all.map(([, { data }]) => bytesOf(data)));
  const kinds = {
    pixels: { dtype: "U8" as const, shape: [count, height, width, 3] },
    ...Object.fromEntries(all.map(([name, array]) => [name, kindOf(array)])),
  };
  const metadata = { schema: schemaOf("pack"), index: hexOf32(crc32(tail)) };
  return { head: encodeHead(kinds, metadata, PIXELS_AT), tail };
}

function hexOf32(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/**
 * Reads what a file says of its pictures.
 *
 * @throws {SyntaxError} If it is no pack, of another version, cut short or damaged; the message begins with the
 * path.
 */
export function readEnds(
  file: Deno.FsFile,
  path: string,
): { readonly index: PackIndex; readonly size: PictureSize } {
  const fault = (what: string) => new SyntaxError(`${path} is damaged or no pack: ${what}`);
  try {
    const head = new Uint8Array(Math.min(PIXELS_AT, file.statSync().size));
    readAt(file, 0, head);
    const { metadata, entries } = decodeHead(head);
    checkSchema("pack", metadata.schema, path);
    const { pixels, ...others } = entries;
    const [count, height, width] = pixels?.shape ?? [];
    if (!pixels || !count || !height || !width) throw new SyntaxError("it has no pixels");
    const end = pixels.data_offsets[1];
    const tail = new Uint8Array(file.statSync().size - PIXELS_AT - end);
    readAt(file, PIXELS_AT + end, tail);
    if (hexOf32(crc32(tail)) !== metadata.index) throw new SyntaxError("its index is not whole");
    return { index: indexOf(decodeTensors(others, tail, end)), size: { height, width } };
  } catch (error) {
    if (error instanceof SyntaxError && error.message.startsWith(path)) throw error;
    if (error instanceof SyntaxError || error instanceof RangeError) throw fault(error.message);
    throw error;
  }
}

function indexOf(tensors: Readonly<Record<string, StoredTensor>>): PackIndex {
  const text = (name: string) => new TextDecoder().decode(tensors[name]?.data as Uint8Array);
  const names = parseJson(text("names"), "names");
  const damage = parseJson(text("damage"), "damage");
  if (!Array.isArray(names) || !isObject(damage)) throw new SyntaxError("its names are not whole");
  const index = new PackIndex(names as string[]);
  for (const name of ["modified", "checksums", "sizes", "bytes", "digests", "present"] as const) {
    index[name].set(tensors[name]!.data as Uint8Array);
  }
  Object.assign(index.damage, damage);
  return index;
}
