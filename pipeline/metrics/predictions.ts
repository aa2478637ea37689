/**
 * What a network said of labelled faces, face by face: `RUN/predictions.safetensors`.
 *
 * | array | type | what |
 * |---|---|---|
 * | `logits` | f32 [N, A] | before the sigmoid |
 * | `labels` | u8 [N, A] | 1 where the attribute is present |
 * | `intersection` | u32 [N, A] | mask pixels that are both predicted and true |
 * | `union` | u32 [N, A] | mask pixels that are predicted or true |
 * | `pointing` | u8 [N, A] | 1 where the map's maximum is in the region, 0 where not, 255 where there is no region to point at |
 * | `priorIntersection` | u32 [N, A] | pixels of both the constant picture and the region |
 * | `priorUnion` | u32 [N, A] | pixels of the constant picture, the region, or both |
 * | `landmarkIntersection`, `landmarkUnion` | u32 [N, A] | the same of the region drawn from landmarks; only with another truth |
 *
 * The metadata has `schema`, `split`, and as JSON the lists `images` (N file names) and `attributes`
 * (A names), and where the network has learnt only some of them `learnt`. A face without landmarks has no mask pixels at all.
 *
 * Localisation is measured where `pointing` is not 255. Files of versions without `pointing` do not tell
 * a face whose region was empty from one whose map missed it: localisation, prior and pointing of them are
 * null, as in the `metrics.json` beside them, until the run is evaluated again.
 */

import { join } from "node:path";
import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { list, text } from "../files/json_shape.ts";
import { parseJson } from "../files/json_text.ts";
import { decodeSafetensors, encodeSafetensors, type TensorData } from "../files/safetensors.ts";
import { checkSchema, SchemaError, schemaOf } from "../files/schema.ts";
import {
  joinOverlaps,
  mapOverlap,
  type MaskOverlap,
  overlapNames,
  readOverlap,
} from "./mask_overlap.ts";

const A = ATTRIBUTES.length;

/** The predictions for N faces of one split. */
export interface Predictions extends MaskOverlap {
  readonly split: string;
  /** File names, in the order of the rows. */
  readonly images: readonly string[];
  /** 40 label bits a face. */
  readonly labels: readonly number[];
  /** f32 [N, A], before the sigmoid. */
  readonly logits: Float32Array;
  /**
   * The attributes that the network has learnt; absent where it has learnt all. Of the others it speaks by
   * chance: their measures are undefined, and means are without them.
   */
  readonly learnt?: readonly string[];
}

/** Whether the network has learnt attribute `column`. */
export function isLearnt({ learnt }: Pick<Predictions, "learnt">, column: number): boolean {
  return learnt?.includes(ATTRIBUTES[column]!) ?? true;
}

/** Collects predictions batch by batch. */
export class PredictionCollector {
  readonly #images: string[] = [];
  readonly #labels: number[] = [];
  readonly #logits: Float32Array[] = [];
  readonly #overlaps: MaskOverlap[] = [];

  /** Adds a batch; its arrays are kept, not copied. */
  add(batch: Omit<Predictions, "split">): void {
    this.#images.push(...batch.images);
    this.#labels.push(...batch.labels);
    this.#logits.push(batch.logits);
    this.#overlaps.push(mapOverlap(batch, (array) => array));
  }

  result(split: string, learnt: readonly string[] = ATTRIBUTES): Predictions {
    return {
      split,
      ...(learnt.length < A && { learnt }),
      images: this.#images,
      labels: this.#labels,
      logits: joined(this.#logits),
      ...joinOverlaps(this.#overlaps),
    };
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The logits of one attribute, f32 [N]. */
export function scoresOf({ logits }: Predictions, column: number): Float32Array {
  return Float32Array.from({ length: logits.length / A }, (_, face) => logits[face * A + column]!);
}

/** Whether each face has one attribute. */
export function presenceOf({ labels }: Predictions, column: number): boolean[] {
  return labels.map((bits) => hasAttribute(bits, column));
}

/** Path of the file in a run folder. */
export function predictionsPath(run: string): string {
  return join(run, "predictions.safetensors");
}

/** The bytes of the file. */
export function encodePredictions(predictions: Predictions): Uint8Array<ArrayBuffer> {
  const { split, images, labels, logits, learnt } = predictions;
  const shape = [images.length, A];
  return encodeSafetensors({
    tensors: {
      logits: { shape, data: logits },
      ...Object.fromEntries(
        overlapNames(predictions).map((name) => [name, { shape, data: predictions[name]! }]),
      ),
      labels: { shape, data: bytesOf(labels) },
    },
    metadata: {
      schema: schemaOf("predictions"),
      split,
      images: JSON.stringify(images),
      attributes: JSON.stringify(ATTRIBUTES),
      ...(learnt && { learnt: JSON.stringify(learnt) }),
    },
  });
}

/** u8 [N, A] from label bits. */
function bytesOf(labels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * A);
  labels.forEach((bits, face) => {
    for (let column = 0; column < A; column++) {
      if (hasAttribute(bits, column)) bytes[face * A + column] = 1;
    }
  });
  return bytes;
}

/**
 * Reads the predictions of a run.
 *
 * @returns Null if the run has none: it was never evaluated, or by a version that did not keep them.
 * @throws {SyntaxError} If the file is damaged or of another version; the message names it.
 */
export async function readPredictions(run: string): Promise<Predictions | null> {
  const path = predictionsPath(run);
  try {
    return parsePredictions(await Deno.readFile(path), path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    if (!(cause instanceof SyntaxError) || cause instanceof SchemaError) throw cause;
    throw new SyntaxError(`Cannot read the predictions ${path}: ${cause.message}`, { cause });
  }
}

function parsePredictions(bytes: Uint8Array, path: string): Predictions {
  const { tensors, metadata } = decodeSafetensors(bytes);
  checkSchema("predictions", metadata.schema, path);
  const images = namesIn(metadata.images ?? "[]", "images");
  const learnt = metadata.learnt === undefined
    ? {}
    : { learnt: namesIn(metadata.learnt, "learnt") };
  const tensor = <T extends TensorData>(name: string, Type: new () => T): T => {
    const data = tensors[name]?.data;
    if (data instanceof Type && data.length === images.length * A) return data;
    throw new SyntaxError(`${name} is missing or has not ${images.length} x ${A} values`);
  };
  const flags = tensor("labels", Uint8Array);
  const logits = tensor("logits", Float32Array);
  if (!logits.every(Number.isFinite)) throw new SyntaxError("a logit is not finite");
  if (flags.some((flag) => flag > 1)) throw new SyntaxError("a label is neither 0 nor 1");
  return {
    split: metadata.split ?? "",
    images,
    labels: images.map((_, face) =>
      ATTRIBUTES.reduce((bits, _, c) => bits + flags[face * A + c]! * 2 ** c, 0)
    ),
    logits,
    ...readOverlap((name) => tensors[name] !== undefined, tensor<Uint32Array | Uint8Array>),
    ...learnt,
  };
}

/** A list of names in the metadata. */
function namesIn(source: string, name: string): string[] {
  const names = parseJson(source, name);
  const misfit = list(text)(names);
  if (misfit !== null) throw new SyntaxError(`${name}${misfit}`);
  return names as string[];
}
