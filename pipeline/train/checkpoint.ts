/**
 * Checkpoints as safetensors files: one JSON header and the raw numbers, which PyTorch and NumPy read too.
 *
 * Layout: u64 length of the header, the header, the data. The header maps each tensor's name to its
 * type, shape and byte range; `__metadata__` holds strings. Source: github.com/huggingface/safetensors.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Patience } from "./schedule.ts";

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
  /** Batches of the epoch at hand that are done; a step of several is done or not. */
  readonly batch: number;
  /** Steps that are done. */
  readonly step: number;
  /** State of the random numbers. */
  readonly random: {
    /** Before the order of the epoch at hand was drawn. */
    readonly order: readonly number[];
    /** Before the changes of the next batch were drawn; where `batch` is 0, they follow the order. */
    readonly changes: readonly number[];
  };
  /** What the batches of the epoch at hand have come to. */
  readonly sums: EpochSums;
  /** The smallest losses of epochs so far by which models are chosen, smallest first. */
  readonly best: readonly EpochLoss[];
  /** How long they have not become smaller. */
  readonly patience: Patience;
}

/** Sums over the batches of an epoch. */
export interface EpochSums {
  /** Total, attribute and mask loss, each times the images of its batch. */
  readonly losses: readonly [number, number, number];
  readonly images: number;
  /** Seconds of the steps, and of waiting for data among them. */
  readonly seconds: number;
  readonly waited: number;
}

/** An epoch (from 0) and the loss after it. */
export interface EpochLoss {
  readonly epoch: number;
  readonly loss: number;
}

/** Version of the checkpoint's content. */
export const CHECKPOINT_SCHEMA = "attparsenet/checkpoint@2";

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

/** How the file begins behind the length of its header; 64 hexadecimal digits follow. */
const CHECKSUM_HEAD = '{"__metadata__":{"sha256":"';
const CHECKSUM_AT = 8 + CHECKSUM_HEAD.length;
const CHECKSUM_LENGTH = 64;

/** Lays a checkpoint out as a file. */
export async function encodeCheckpoint(
  { tensors, metadata }: Checkpoint,
): Promise<Uint8Array<ArrayBuffer>> {
  const header: Record<string, unknown> = {
    __metadata__: { sha256: "0".repeat(CHECKSUM_LENGTH), attparsenet: JSON.stringify(metadata) },
  };
  let end = 0;
  for (const { name, shape, data } of tensors) {
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
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  bytes.set(new TextEncoder().encode(await checksum(bytes)), CHECKSUM_AT);
  return bytes;
}

/** SHA-256 of a file whose own checksum is zeros. */
async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * Reads a checkpoint.
 *
 * @throws {SyntaxError} If the file is damaged or of another version; the message names it.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await Deno.readFile(path);
  try {
    return await decodeCheckpoint(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`Cannot read checkpoint ${path}: ${reason}`, { cause });
  }
}

async function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  if (bytes.length < CHECKSUM_AT + CHECKSUM_LENGTH) throw new Error("it is cut off");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (8 + length > bytes.length) throw new Error("its header is cut off");
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  if (text.startsWith(CHECKSUM_HEAD)) await verify(bytes);
  const header = JSON.parse(text);
  const metadata = JSON.parse(header.__metadata__?.attparsenet ?? "null") as CheckpointMetadata;
  if (metadata?.schema !== CHECKPOINT_SCHEMA) {
    throw new Error(`its content is ${metadata?.schema ?? "unknown"}, not ${CHECKPOINT_SCHEMA}`);
  }
  delete header.__metadata__;
  const data = bytes.subarray(8 + length);
  const tensors = Object.entries(header as Record<string, TensorEntry>).map(([name, entry]) => {
    const [from, to] = entry.data_offsets;
    return { name, shape: entry.shape, data: new Float32Array(data.slice(from, to).buffer) };
  });
  return { tensors, metadata };
}

/** Holds a file against its checksum. */
async function verify(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const digits = bytes.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_LENGTH);
  const expected = new TextDecoder().decode(digits);
  digits.fill("0".charCodeAt(0));
  if (await checksum(bytes) !== expected) throw new Error("it does not match its checksum");
}

interface TensorEntry {
  readonly shape: number[];
  readonly data_offsets: [number, number];
}
