/**
 * The prediction stage: images in, the probabilities of 40 attributes and heat maps out.
 *
 * @module
 */

import { type Attribute, ATTRIBUTES } from "./face/attributes.ts";
import {
  type Backend,
  computeOf,
  failureOf,
  prepareNetwork,
  selectBackend,
} from "./compute/backend.ts";
import { networkSizes } from "./evaluate.ts";
import type { InputSize } from "./face/faces.ts";
import type { ImagePlace } from "./image/find_images.ts";
import { logitOf, sigmoid } from "./numbers/probability.ts";
import { networkInput } from "./network/network_input.ts";
import { forward, type Output } from "./predict/forward.ts";
import { type AlignOptions, type Picture, readPictures, reasonOf } from "./predict/pictures.ts";
import { learntAttributes } from "./predict/learnt_attributes.ts";
import type { Probabilities } from "./predict/most_likely.ts";
import { sameThreshold } from "./predict/thresholds.ts";
import { writeMaps, type WrittenMaps } from "./predict/write_maps.ts";
import { readModel } from "./train/files/model_folder.ts";

/** What the network says of one image, or why it says nothing. */
export type Prediction = PredictedImage | RejectedImage;

/** What the network says of one image; with heat maps, where they are. */
export interface PredictedImage extends Partial<WrittenMaps> {
  /** Path of the image. */
  readonly image: string;
  /** What tells it from the others: see {@linkcode ImagePlace}. */
  readonly name: string;
  /** Probability of each attribute that the network has learnt, to six decimals. */
  readonly probabilities: Probabilities;
  /** Attributes with a probability above their threshold. */
  readonly attributes: readonly Attribute[];
  /** What is wrong with the image file, if it is damaged and used as far as it goes. */
  readonly damage?: string;
}

/** An image of which the network says nothing. */
export interface RejectedImage {
  /** Path of the image. */
  readonly image: string;
  /** What tells it from the others: see {@linkcode ImagePlace}. */
  readonly name: string;
  /** Why. */
  readonly rejected: string;
}

/** Options of {@linkcode predict}. */
export interface PredictOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /** The images; {@linkcode findImages} finds them. */
  readonly images: AsyncIterable<ImagePlace>;
  /**
   * Whether the face of each image is found first and cut out as CelebA's aligned images show it, and by
   * what. Without it images are taken whole, and should be framed as those of the training.
   */
  readonly align?: AlignOptions;
  /** Whether damaged images are used as far as they go; else they are rejected. */
  readonly useDamaged?: boolean;
  /** What an attribute's probability must be above, in the order of `ATTRIBUTES`; by default one half. */
  readonly thresholds?: readonly number[];
  /** Folder for heat maps: see {@linkcode writeMaps}. */
  readonly maps?: string;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /**
   * Images a forward pass, 8 by default. What is said of an image does not depend on the others. On wasm
   * it is the same, bit for bit, for any number; on webgpu the kernels that suit the number add in
   * another order, and probabilities may differ by 1e-4.
   */
  readonly batch?: number;
  /** Threads that read images, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Stops before the next image. */
  readonly signal?: AbortSignal;
}

/** More images at once are no faster on wasm, and little on webgpu; fewer wait less for each other. */
const PASS = 8;

/**
 * Predicts the attributes of images, in their order; an image that cannot be read, or in which no face to
 * be aligned is found, has its reason instead. Memory does not grow with the number of images.
 *
 * @example An image, by a network that has seen four faces
 * ```ts
 * import { findImages, joinLandmarks, openBackend, openDataset } from "@attparsenet/attparsenet";
 * import { predict, train, trainConfig } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ split: "train", shard: { index: 1, count: 90 } });
 * const records = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const run = await Deno.makeTempDir();
 * using backend = await openBackend("wasm");
 * await train({ records, config: trainConfig("lite", { epochs: 1, batch: 4 }), backend, out: run });
 *
 * const images = findImages(["data/sample/Img/img_align_celeba/000002.jpg"]);
 * for await (const answer of predict({ run, images, backend })) {
 *   if ("rejected" in answer) console.log(answer.name, answer.rejected);
 *   else console.log(answer.name, answer.attributes, answer.probabilities.Smiling);
 * }
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @throws {Error} If the run has no model, `images` throws, or the GPU is lost.
 */
export async function* predict(options: PredictOptions): AsyncGenerator<Prediction> {
  const { backend, align, useDamaged, workers, signal, batch = PASS } = options;
  const learnt = await learntAttributes(options.run);
  await selectBackend(backend);
  const network = await readModel(options.run);
  try {
    prepareNetwork(backend, network);
    const sizes = networkSizes(network);
    using input = networkInput(computeOf(backend), sizes.input, batch);
    const pictures = readPictures(options.images, {
      input: sizes.input,
      align,
      useDamaged,
      workers,
      signal,
    });
    for await (const pass of inPasses(pictures, batch)) {
      const good = pass.filter((picture) => "pixels" in picture);
      // Between two answers whoever takes them may have computed elsewhere.
      await selectBackend(backend);
      const pixels = good.map((picture) => picture.pixels);
      const outputs = pixels.length > 0 ? await forward(pixels, network, input) : [];
      let next = 0;
      for (const picture of pass) {
        signal?.throwIfAborted();
        if ("rejected" in picture) yield rejection(picture.place, picture.rejected);
        else {yield await answer(picture, outputs[next++]!, {
            ...options,
            learnt,
            mask: sizes.mask,
          });}
      }
    }
  } catch (error) {
    throw await failureOf(backend, error);
  } finally {
    network.dispose();
  }
}

async function* inPasses<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let pass: T[] = [];
  for await (const item of items) {
    pass.push(item);
    if (pass.length < size) continue;
    yield pass;
    pass = [];
  }
  if (pass.length > 0) yield pass;
}

/** How an output is told. */
interface Answering extends PredictOptions {
  readonly learnt: readonly Attribute[];
  readonly mask: InputSize;
}

async function answer(
  { place, damage, read }: Picture,
  { logits, maps }: Output,
  { maps: folder, thresholds = sameThreshold(), learnt, mask }: Answering,
): Promise<Prediction> {
  // Compared as `evaluate` does: by logits, which do not round to 0 or 1.
  const attributes = learnt.filter((name) => {
    const a = ATTRIBUTES.indexOf(name);
    return logits[a]! > logitOf(thresholds[a]!);
  });
  const probabilities: Probabilities = Object.fromEntries(
    learnt.map((name) => [name, roundMillionth(sigmoid(logits[ATTRIBUTES.indexOf(name)]!))]),
  );
  const known = damage === undefined ? {} : { damage };
  const said = { image: place.path, name: place.name, probabilities, attributes, ...known };
  if (folder === undefined) return said;
  // The image was there a moment ago, and may have gone since; a map that cannot be written is an error.
  const image = await read().catch(reasonOf);
  if (typeof image === "string") return rejection(place, image);
  return { ...said, ...await writeMaps(folder, { ...said, image, maps, mask }) };
}

function roundMillionth(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function rejection({ path, name }: ImagePlace, rejected: string): RejectedImage {
  return { image: path, name, rejected };
}
