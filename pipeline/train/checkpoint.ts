/**
 * Checkpoints as safetensors files: one JSON header and the raw numbers, which PyTorch and NumPy read too.
 *
 * Layout: u64 length of the header, the header, the data. The header maps each tensor's name to its
 * type, shape and byte range; `__metadata__` holds strings. Source: github.com/huggingface/safetensors.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { writeFile } from "../files.ts";

/** Named numbers with their shape. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** What a checkpoint file holds. */
export interface Checkpoint {
  readonly tensors: readonly NamedTensor[];
  /** Everything that is not a tensor, as JSON. */
  readonly metadata: CheckpointMetadata;
}

/** Where the run stood. */
export interface CheckpointMetadata {
  readonly schema: typeof CHECKPOINT_SCHEMA;
  /** Epochs that are done. */
  readonly epoch: number;
  /** Steps that are done. */
  readonly step: number;
  /** State of the random numbers. */
  readonly random: readonly number[];
  /** Smallest attribute loss on the validation split so far, and the epoch that had it. */
  readonly best: { readonly loss: number; readonly epoch: number } | null;
}

/** Version of the checkpoint's content. */
export const CHECKPOINT_SCHEMA = "attparsenet/checkpoint@1";

/** Reads tensors back from the device. */
export function readTensors(
  tensors: Iterable<readonly [name: string, tensor: tf.Tensor]>,
): Promise<NamedTensor[]> {
  return Promise.all(Array.from(tensors, async ([name, tensor]) => ({
    name,
    shape: tensor.shape,
    data: await tensor.data<"float32">(),
  })));
}

/** Writes a checkpoint beside its place and renames it there. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const header: Record<string, unknown> = {
    __metadata__: { attparsenet: JSON.stringify(checkpoint.metadata) },
  };
  let end = 0;
  for (const { name, shape, data } of checkpoint.tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end += data.byteLength] };
  }
  // The data starts at a multiple of 8, as readers that map the file into memory expect.
  let text = JSON.stringify(header);
  text += " ".repeat((8 - new TextEncoder().encode(text).length % 8) % 8);
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + head.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const { data } of checkpoint.tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  await writeFile(path, bytes);
}

/**
 * Reads a checkpoint.
 *
 * @throws {SyntaxError} If the file is damaged or of another version; the message names it.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await Deno.readFile(path);
  try {
    return parseCheckpoint(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`Cannot read checkpoint ${path}: ${reason}`, { cause });
  }
}

function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (8 + length > bytes.length) throw new Error("the header is cut off");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const metadata = JSON.parse(header.__metadata__?.attparsenet ?? "null") as CheckpointMetadata;
  if (metadata?.schema !== CHECKPOINT_SCHEMA) {
    throw new Error(`its content is ${metadata?.schema ?? "unknown"}, not ${CHECKPOINT_SCHEMA}`);
  }
  delete header.__metadata__;
  const data = bytes.subarray(8 + length);
  const tensors = Object.entries(header as Record<string, TensorEntry>).map(([name, entry]) => {
    const [from, to] = entry.data_offsets;
    const size = entry.shape.reduce((product, side) => product * side, 1);
    if (entry.dtype !== "F32" || to - from !== 4 * size || to > data.length) {
      throw new Error(`the numbers of ${name} are cut off or of another type`);
    }
    return { name, shape: entry.shape, data: new Float32Array(data.slice(from, to).buffer) };
  });
  return { tensors, metadata };
}

interface TensorEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
