/**
 * Files of named arrays that NumPy and PyTorch read too.
 *
 * Layout: u64 length of the header, the header as JSON, the data. The header maps each array's name to
 * its type, shape and byte range; `__metadata__` holds texts. Source: github.com/huggingface/safetensors.
 */

import { count, fields, list, oneOf, record, text, tuple } from "./json_shape.ts";
import { isObject, parseJson } from "./json_text.ts";
import { oneLine } from "./quoted.ts";

/** The numbers of an array, of one of the types that we store. */
export type TensorData = Float32Array | Uint32Array | Uint8Array;

/** One array, row-major. */
interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Everything else, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The types by the names that the header has for them. */
const TYPES = { F32: Float32Array, U32: Uint32Array, U8: Uint8Array } as const;

type TypeName = keyof typeof TYPES;

interface Entry {
  readonly dtype: TypeName;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

/** The bytes of a file: the header begins with the metadata; arrays lie in the order given. */
export function encodeSafetensors(
  { tensors, metadata }: Safetensors,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, Entry | Safetensors["metadata"]> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: typeOf(data), shape, data_offsets: [end, end += data.byteLength] };
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  // The data starts at a multiple of 8, as readers that map the file into memory expect.
  const start = 8 + Math.ceil(head.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(BLANK, 8 + head.length, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(head, 8);
  let at = start;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

const BLANK = " ".charCodeAt(0);

function typeOf(data: TensorData): TypeName {
  if (data instanceof Float32Array) return "F32";
  return data instanceof Uint32Array ? "U32" : "U8";
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
  const { __metadata__: metadata = {}, ...entries } = headerOf(bytes);
  const misfit = METADATA(metadata) ?? record(ENTRY)(entries);
  if (misfit !== null) throw new SyntaxError(`the header is wrong: ${misfit.trimStart()}`);
  const data = bytes.subarray(8 + headerLength(bytes));
  // Overlapping arrays would make a small file take any amount of memory.
  let left = data.length;
  const tensors = Object.entries(entries as Record<string, Entry>).map(([name, entry]) => {
    const { dtype, shape, data_offsets: [from, to] } = entry;
    const Type = TYPES[dtype];
    const size = shape.reduce((product, side) => product * side, 1);
    left -= to - from;
    const fits = from <= to && to <= data.length && left >= 0;
    if (!fits || to - from !== size * Type.BYTES_PER_ELEMENT) {
      throw new SyntaxError(`the numbers of ${oneLine(name, 60)} are cut off or of another type`);
    }
    return [name, { shape, data: new Type(data.slice(from, to).buffer) }] as const;
  });
  return {
    tensors: Object.fromEntries(tensors),
    metadata: metadata as Safetensors["metadata"],
  };
}

function headerOf(bytes: Uint8Array): Record<string, unknown> {
  const length = headerLength(bytes);
  if (8 + length > bytes.length) throw new SyntaxError("the header is cut off");
  const header = parseJson(new TextDecoder().decode(bytes.subarray(8, 8 + length)), "the header");
  if (isObject(header)) return header;
  throw new SyntaxError("the header is no JSON object");
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 8) throw new SyntaxError("the header is cut off");
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}
