/** Checkpoints as safetensors files, which PyTorch and NumPy read too, with a checksum over all of it. */

import * as tf from "@tensorflow/tfjs-core";
import { count, fields, list, number } from "../../files/json_shape.ts";
import { isObject, parseJson } from "../../files/json_text.ts";
import { readAt } from "../../files/file_bytes.ts";
import { oneLine } from "../../files/quoted.ts";
import { Random } from "../../numbers/random.ts";
import { decodeHead, decodeSafetensors, encodeSafetensors } from "../../files/safetensors.ts";
import { checkSchema, SchemaError, schemaOf } from "../../files/schema.ts";
import type { Patience } from "../schedule.ts";

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
interface EpochLoss {
  readonly epoch: number;
  readonly loss: number;
}

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
  const content = JSON.stringify({ schema: schemaOf("checkpoint"), ...metadata });
  const bytes = encodeSafetensors({
    tensors: Object.fromEntries(tensors.map(({ name, ...tensor }) => [name, tensor])),
    metadata: { sha256: "0".repeat(CHECKSUM_LENGTH), attparsenet: content },
  });
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
 * @throws {SchemaError} If it is of another version.
 * @throws {SyntaxError} If it is damaged. Both messages name it.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await Deno.readFile(path);
  try {
    return await decodeCheckpoint(bytes, path);
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`Cannot read checkpoint ${path}: ${reason}`, { cause });
  }
}

/**
 * Reads where the run stood, and nothing of the tensors: the checksum is not looked at.
 *
 * @throws {Error} If it cannot be read.
 */
export async function readCheckpointMetadata(path: string): Promise<CheckpointMetadata> {
  using file = await Deno.open(path);
  const length = new Uint8Array(8);
  readAt(file, 0, length);
  const end = 8 + Number(new DataView(length.buffer).getBigUint64(0, true));
  const head = new Uint8Array(Math.min(end, file.statSync().size));
  readAt(file, 0, head);
  return metadataIn(decodeHead(head).metadata.attparsenet ?? "{}", path);
}

async function decodeCheckpoint(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<Checkpoint> {
  if (bytes.length < CHECKSUM_AT + CHECKSUM_LENGTH) throw new Error("it is cut off");
  const head = bytes.subarray(8, CHECKSUM_AT);
  if (new TextDecoder().decode(head) === CHECKSUM_HEAD) await verify(bytes);
  const { tensors, metadata: texts } = decodeSafetensors(bytes);
  const metadata = metadataIn(texts.attparsenet ?? "{}", path);
  return {
    tensors: Object.entries(tensors).map(([name, { shape, data }]) => {
      if (!(data instanceof Float32Array)) throw new Error(`${oneLine(name, 60)} is not of f32`);
      if (!data.every(Number.isFinite)) {
        throw new Error(`${oneLine(name, 60)} has a number that is not finite`);
      }
      return { name, shape: [...shape], data };
    }),
    metadata,
  };
}

const STATE = list(count, 4);
const METADATA = fields({
  ...{ epoch: count, batch: count, step: count },
  random: fields({ order: STATE, changes: STATE }),
  sums: fields({
    ...{ losses: list(number, 3), images: count, seconds: number, waited: number },
  }),
  best: list(fields({ epoch: count, loss: number })),
  patience: fields({ sinceBest: count, sincePlateau: count, plateaus: count }),
});

function metadataIn(text: string, path: string): CheckpointMetadata {
  const parsed = parseJson(text, "its metadata");
  const { schema, ...metadata } = isObject(parsed) ? parsed : {};
  checkSchema("checkpoint", schema, path);
  const misfit = METADATA(metadata);
  if (misfit !== null) throw new Error(`its metadata are not complete: ${misfit.slice(1)}`);
  const { random: { order, changes } } = metadata as unknown as CheckpointMetadata;
  for (const state of [order, changes]) Random.restore(state);
  return metadata as unknown as CheckpointMetadata;
}

/** Holds a file against its checksum. */
async function verify(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const digits = bytes.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_LENGTH);
  const expected = new TextDecoder().decode(digits);
  digits.fill("0".charCodeAt(0));
  if (await checksum(bytes) !== expected) throw new Error("it does not match its checksum");
}
