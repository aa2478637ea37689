/**
 * The prediction stage: images in, the probabilities of 40 attributes and heat maps out.
 *
 * @module
 */

import { basename, extname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Attribute, ATTRIBUTES } from "./attributes.ts";
import type { Backend } from "./backend.ts";
import { imagesIn } from "./dataset.ts";
import { networkSizes } from "./evaluate.ts";
import { fit, type InputSize } from "./faces.ts";
import { writeFile } from "./files.ts";
import { drawHeatMap } from "./heat_map.ts";
import { encodePng, readImage, type RgbImage } from "./image.ts";
import { sigmoid } from "./metrics/probability.ts";
import { applyNetwork } from "./network.ts";
import { scaleToInput } from "./batches.ts";
import { readModel } from "./train/run_folder.ts";

/** What the network says of one image, or why it says nothing. */
export type Prediction =
  | {
    readonly image: string;
    /** Probability of each attribute, in the order of `ATTRIBUTES`. */
    readonly probabilities: Readonly<Record<Attribute, number>>;
    /** Attributes with a probability above one half. */
    readonly attributes: readonly Attribute[];
    /** Heat maps that were written, one for each of these attributes. */
    readonly maps?: readonly string[];
  }
  | { readonly image: string; readonly rejected: string };

/** Options of {@linkcode predict}. */
export interface PredictOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /** Image files, and folders of image files. Faces should be framed as those of the training. */
  readonly images: Iterable<string>;
  /** Folder for heat maps. */
  readonly maps?: string;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** Images a forward pass. Does not change the result. */
  readonly batch?: number;
  /** Stops before the next image. */
  readonly signal?: AbortSignal;
}

/** An image, or why it cannot be used. */
type Opened = { path: string; image: RgbImage } | { path: string; rejected: string };

/**
 * Predicts the attributes of images, in their order; an image that cannot be read has its reason instead.
 *
 * @throws {Error} If the run has no model, or a path does not exist.
 */
export async function* predict(options: PredictOptions): AsyncGenerator<Prediction> {
  const { batch = 16, signal } = options;
  const network = await readModel(options.run);
  try {
    let waiting: Opened[] = [];
    for await (const path of paths(options.images)) {
      signal?.throwIfAborted();
      waiting.push(await open(path));
      if (waiting.length < batch) continue;
      yield* predictBatch(waiting, network, options);
      waiting = [];
    }
    if (waiting.length > 0) yield* predictBatch(waiting, network, options);
  } finally {
    network.dispose();
  }
}

async function* predictBatch(opened: Opened[], network: LayersModel, { maps }: PredictOptions) {
  const { input, mask } = networkSizes(network);
  const images = opened.flatMap((one) => "image" in one ? [one.image] : []);
  const result = images.length > 0 ? await forward(images, network, input) : null;
  let index = 0;
  for (const one of opened) {
    if ("rejected" in one) {
      yield { image: one.path, rejected: one.rejected };
      continue;
    }
    const A = ATTRIBUTES.length;
    const cells = mask.height * mask.width;
    const logits = result!.logits.subarray(index * A, (index + 1) * A);
    const face = result!.maps.subarray(index * cells * A, (index + 1) * cells * A);
    index++;
    const attributes = ATTRIBUTES.filter((_, a) => logits[a]! > 0);
    const probabilities = Object.fromEntries(
      ATTRIBUTES.map((name, a) => [name, Math.round(sigmoid(logits[a]!) * 1e6) / 1e6]),
    ) as Record<Attribute, number>;
    yield {
      image: one.path,
      probabilities,
      attributes,
      ...(maps !== undefined && { maps: await writeMaps(maps, one, face, mask, attributes) }),
    };
  }
}

async function forward(images: RgbImage[], network: LayersModel, input: InputSize) {
  const size = input.height * input.width * 3;
  const pixels = new Float32Array(images.length * size);
  images.forEach((image, index) => scaleToInput(fit(image, input), pixels, index * size));
  const { logits, maps } = tf.tidy(() =>
    applyNetwork(network, tf.tensor4d(pixels, [images.length, input.height, input.width, 3]), false)
  );
  const data = { logits: await logits.data<"float32">(), maps: await maps.data<"float32">() };
  tf.dispose([logits, maps]);
  return data;
}

/** Writes one heat map for each predicted attribute. */
async function writeMaps(
  folder: string,
  { path, image }: { path: string; image: RgbImage },
  maps: Float32Array,
  mask: InputSize,
  attributes: readonly Attribute[],
): Promise<string[]> {
  const stem = basename(path, extname(path));
  const files: string[] = [];
  for (const attribute of attributes) {
    const a = ATTRIBUTES.indexOf(attribute);
    const data = Float32Array.from(
      { length: mask.height * mask.width },
      (_, cell) => maps[cell * ATTRIBUTES.length + a]!,
    );
    const file = join(folder, `${stem}_${attribute}.png`);
    await writeFile(file, await encodePng(drawHeatMap(image, { ...mask, data })));
    files.push(file);
  }
  return files;
}

async function open(path: string): Promise<Opened> {
  try {
    return { path, image: await readImage(path) };
  } catch (error) {
    return { path, rejected: error instanceof Error ? error.message : String(error) };
  }
}

/** The files, with each folder replaced by its images. */
async function* paths(given: Iterable<string>): AsyncGenerator<string> {
  for (const path of given) {
    const isFolder = await Deno.stat(path).then((info) => info.isDirectory, (cause) => {
      throw new Error(`There is no image file or folder ${path}`, { cause });
    });
    if (!isFolder) yield path;
    else for await (const record of imagesIn(path)) yield record.path;
  }
}
