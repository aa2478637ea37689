/** The sample faces of an evaluation, as `samples.json` holds them for the report. */

import {
  attributeColumn,
  ATTRIBUTES,
  hasAttribute,
  labelsOf,
  namesOf,
} from "../face/attributes.ts";
import { attributeRegionMasks } from "../face/regions.ts";
import { count, fields, list, number, type Shape, text, tuple } from "../files/json_shape.ts";
import { isObject } from "../files/json_text.ts";

const A = ATTRIBUTES.length;

/** One element of `samples.json`. */
export interface Sample {
  /** File name as the data set spells it. */
  readonly image: string;
  /** Where the image file lay. */
  readonly path: string;
  /** Pixels of the image file. */
  readonly size: readonly [width: number, height: number];
  /** Names of the attributes that are present. */
  readonly labels: readonly string[];
  /** A probabilities in the order of `ATTRIBUTES`. */
  readonly probabilities: readonly number[];
  /** Size of a mask. It covers the whole image. */
  readonly mask: MaskSize;
  /** Base64 of u8 [A, h, w]: the predicted map, 0 to 1 as 0 to 255. */
  readonly predicted: string;
  /** Base64 of bits [A, h, w]: the true mask, most significant bit first, no gaps between masks. */
  readonly truth: string;
}

/** Pixels of a mask. */
export interface MaskSize {
  /** h */
  readonly height: number;
  /** w */
  readonly width: number;
}

/** What an evaluation knows of a face. */
export interface SampleSource extends Pick<Sample, "image" | "path" | "size" | "mask"> {
  /** 40 label bits. */
  readonly labels: number;
  /** f32 [A], after the sigmoid. */
  readonly probabilities: ArrayLike<number>;
  /** f32 [h, w, A]: the predicted maps as they leave the network; held to 0 to 1 here. */
  readonly maps: Float32Array;
  /** u32 [h, w]: region bits, the truth together with the labels. */
  readonly bits: Uint32Array;
  /** u32 [A]: the bits of each attribute, by default those of the regions over the landmarks. */
  readonly sets?: Uint32Array;
}

/** A sample face with its masks unpacked. */
export interface SampleFace
  extends Pick<Sample, "image" | "path" | "size" | "mask" | "probabilities"> {
  /** 40 label bits. */
  readonly labels: number;
  /** u8 [A, h, w], 0 to 255. */
  readonly predicted: Uint8Array;
  /** u8 [A, h, w], 0 or 1. */
  readonly truth: Uint8Array;
}

/**
 * Packs a face for `samples.json`: truth(c, y, x) = label(c) and (bits(y, x) & regionsOf(c)) ≠ 0.
 *
 * @throws {TypeError} If an array does not have the size that the mask and A call for.
 */
export function encodeSample(source: SampleSource): Sample {
  const { image, path, size, labels, mask, maps, bits, sets = attributeRegionMasks() } = source;
  const pixels = mask.height * mask.width;
  checkLength("probabilities", source.probabilities, A, image);
  checkLength("predicted maps", maps, pixels * A, image);
  checkLength("region bits", bits, pixels, image);
  const predicted = new Uint8Array(A * pixels);
  const truth = new Uint8Array(Math.ceil(A * pixels / 8));
  for (let c = 0, at = 0; c < A; c++) {
    const regionsOf = hasAttribute(labels, c) ? sets[c] ?? 0 : 0;
    for (let pixel = 0; pixel < pixels; pixel++, at++) {
      const value = maps[pixel * A + c] ?? 0;
      predicted[at] = Math.round(255 * Math.min(Math.max(value, 0), 1));
      if (((bits[pixel] ?? 0) & regionsOf) !== 0) truth[at >> 3]! |= 0x80 >> (at & 7);
    }
  }
  return {
    image,
    path,
    size,
    labels: namesOf(labels),
    probabilities: Array.from(source.probabilities, (value) => Math.round(value * 1e4) / 1e4),
    mask: { height: mask.height, width: mask.width },
    predicted: predicted.toBase64(),
    truth: truth.toBase64(),
  };
}

/**
 * Unpacks a face of `samples.json`.
 *
 * @throws {TypeError} If something is missing or of the wrong size or kind.
 */
export function decodeSample(sample: unknown): SampleFace {
  const { image, path, size, labels, probabilities, mask, predicted, truth } = checkFields(sample);
  const values = A * mask.height * mask.width;
  const maps = fromBase64(predicted, "predicted", values, image);
  const bits = fromBase64(truth, "truth", Math.ceil(values / 8), image);
  return {
    image,
    path,
    size,
    labels: bitsOf(labels, image),
    probabilities,
    mask,
    predicted: maps,
    truth: Uint8Array.from(
      { length: values },
      (_, at) => ((bits[at >> 3] ?? 0) >> (7 - (at & 7))) & 1,
    ),
  };
}

/** The label bits of attribute names. */
function bitsOf(names: readonly string[], image: string): number {
  const columns = names.map((name) => {
    const column = attributeColumn(name);
    if (column !== undefined) return column;
    throw new TypeError(`The sample ${image} has the unknown attribute ${JSON.stringify(name)}`);
  });
  return labelsOf(ATTRIBUTES.filter((_, column) => columns.includes(column)));
}

const side: Shape = (value) => count(value) ?? (value === 0 ? " is 0" : null);

const SAMPLE = fields({
  ...{ image: text, path: text, predicted: text, truth: text },
  ...{ size: tuple(side, side), mask: fields({ height: count, width: count }) },
  ...{ labels: list(text), probabilities: list(number, A) },
});

/** The sample, if each of its fields is of the right kind. */
function checkFields(value: unknown): Sample {
  const misfit = SAMPLE(value);
  if (misfit === null) return value as Sample;
  const name = isObject(value) && typeof value["image"] === "string" ? ` ${value["image"]}` : "";
  throw new TypeError(`The sample${name} is not complete: ${misfit.replace(/^[. ]/, "")}`);
}

function fromBase64(base64: string, name: string, length: number, image: string): Uint8Array {
  try {
    const bytes = Uint8Array.fromBase64(base64);
    checkLength(name, bytes, length, image);
    return bytes;
  } catch (cause) {
    if (cause instanceof TypeError) throw cause;
    throw new TypeError(`The sample ${image} has a ${name} that is not base64`, { cause });
  }
}

function checkLength(
  name: string,
  { length }: ArrayLike<number>,
  wanted: number,
  image: string,
): void {
  if (length === wanted) return;
  throw new TypeError(`The sample ${image} needs ${wanted} values of ${name}, it has ${length}`);
}
