/**
 * Files of named arrays that NumPy and PyTorch read too.
 *
 * Layout: u64 length of the header, the header as JSON, the data. The header maps each array's name to
 * its type, shape and byte range; `__metadata__` holds texts. Source: github.com/huggingface/safetensors.
 */

import { concat } from "@std/bytes";
import { count, fields, list, oneOf, record, text, tuple } from "./json_shape.ts";
import { isObject, parseJson } from "./json_text.ts";
import { oneLine } from "./quoted.ts";

/** The numbers of an array, of one of the types that we store. */
export type TensorData = Float32Array | Float64Array | Uint32Array | Uint8Array | BigInt64Array;

/** One array, row-major. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Everything else, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The types by the names that the header has for them. */
const TYPES = {
  F32: Float32Array,
  F64: Float64Array,
  U32: Uint32Array,
  U8: Uint8Array,
  I64: BigInt64Array,
} as const;

type TypeName = keyof typeof TYPES;

/** What an array is, without its numbers. */
export interface TensorKind {
  readonly dtype: TypeName;
  readonly shape: readonly number[];
}

/** An array in a file. */
export interface TensorEntry extends TensorKind {
  /** Its bytes, counted from the end of the head. */
  readonly data_offsets: readonly [from: number, to: number];
}

/** What stands before the numbers of a file. */
interface SafetensorsHead {
  readonly entries: Readonly<Record<string, TensorEntry>>;
  readonly metadata: Safetensors["metadata"];
  /** Bytes of it. */
  readonly length: number;
}

/** The bytes of a file: the header begins with the metadata; arrays lie in the order given. */
export function encodeSafetensors(
  { tensors, metadata }: Safetensors,
): Uint8Array<ArrayBuffer> {
  const all = Object.entries(tensors);
  const head = encodeHead(
    Object.fromEntries(all.map(([name, tensor]) => [name, kindOf(tensor)])),
    metadata,
  );
  return concat([head, ...all.map(([, { data }]) => bytesOf(data))]);
}

/**
 * What stands before the numbers of arrays that lie in the order given.
 *
 * @param least Bytes that it takes at least; blanks fill it.
 */
export function encodeHead(
  tensors: Readonly<Record<string, TensorKind>>,
  metadata: Safetensors["metadata"],
  least = 0,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, TensorEntry | Safetensors["metadata"]> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const bytes = sizeOf(shape) * TYPES[dtype].BYTES_PER_ELEMENT;
    header[name] = { dtype, shape, data_offsets: [end, end += bytes] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // The data starts at a multiple of 8, as readers that map the file into memory expect.
  const start = Math.max(8 + Math.ceil(text.length / 8) * 8, least);
  const head = new Uint8Array(start).fill(BLANK, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(start - 8), true);
  head.set(text, 8);
  return head;
}

const BLANK = " ".charCodeAt(0);

/** What an array is. */
export function kindOf({ shape, data }: StoredTensor): TensorKind {
  const [dtype] = Object.entries(TYPES).find(([, Type]) => data instanceof Type)!;
  return { dtype: dtype as TypeName, shape };
}

/** The bytes of numbers, in place. */
export function bytesOf({ buffer, byteOffset, byteLength }: TensorData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

const ENTRY = fields({
  dtype: oneOf(...Object.keys(TYPES)),
  shape: list(count),
  data_offsets: tuple(count, count),
});
const METADATA = record(text);

/**
 * Takes the bytes of a file apart.
 *
 * @throws {SyntaxError} If they are cut off, or hold something of another type.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, metadata, length } = decodeHead(bytes);
  return { tensors: decodeTensors(entries, bytes.subarray(length)), metadata };
}

/**
 * What stands before the numbers, of the bytes with which a file begins.
 *
 * @throws {SyntaxError} If it is cut off, or something else.
 */
export function decodeHead(bytes: Uint8Array): SafetensorsHead {
  if (bytes.length < 8) throw new SyntaxError("the header is cut off");
  const length = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length) throw new SyntaxError("the header is cut off");
  const header = parseJson(new TextDecoder().decode(bytes.subarray(8, length)), "the header");
  if (!isObject(header)) throw new SyntaxError("the header is no JSON object");
  const { __metadata__: metadata = {}, ...entries } = header;
  const misfit = METADATA(metadata) ?? record(ENTRY)(entries);
  if (misfit !== null) throw new SyntaxError(`the header is wrong: ${misfit.trimStart()}`);
  return {
    entries: entries as SafetensorsHead["entries"],
    metadata: metadata as Safetensors["metadata"],
    length,
  };
}

/**
 * The arrays of a file.
 *
 * @param data The file's numbers from byte `base` on, counted from the end of its head.
 * @throws {SyntaxError} If they are cut off, or of another type.
 */
export function decodeTensors(
  entries: Readonly<Record<string, TensorEntry>>,
  data: Uint8Array,
  base = 0,
): Record<string, StoredTensor> {
  // Overlapping arrays would make a small file take any amount of memory.
  let left = data.length;
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets }]) => {
    const [from, to] = data_offsets.map((offset) => offset - base) as [number, number];
    const Type = TYPES[dtype];
    left -= to - from;
    const fits = from >= 0 && from <= to && to <= data.length && left >= 0;
    if (!fits || to - from !== sizeOf(shape) * Type.BYTES_PER_ELEMENT) {
      throw new SyntaxError(`the numbers of ${oneLine(name, 60)} are cut off or of another type`);
    }
    return [name, { shape, data: new Type(data.slice(from, to).buffer) }] as const;
  });
  return Object.fromEntries(tensors);
}
