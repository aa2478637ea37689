/** Pictures made ready for a trained network, read ahead of it. */

import type { InputSize } from "../face/faces.ts";
import type { ImagePlace } from "../image/find_images.ts";
import { readImageAs, type RgbImage } from "../image/image.ts";
import { PictureReader } from "../image/reading/picture_reader.ts";
import { fit } from "../image/reading/read_picture.ts";
import { type LandmarkOptions, landmarks } from "../landmarks.ts";
import { cutAlignedFace } from "../landmarks/aligned_face.ts";
import { mapInOrder } from "../streams/map_in_order.ts";
import type { FaceRecord } from "../face/record.ts";

/** A picture as the network sees it. */
export interface Picture {
  readonly place: ImagePlace;
  /** u8 [H, W, 3] at the network's input size. */
  readonly pixels: Uint8Array;
  /** What is wrong with the file, if it is damaged and used as far as it goes. */
  readonly damage?: string | undefined;
  /** Reads again what the pixels were made from; a huge photograph is not kept. */
  readonly read: () => Promise<RgbImage>;
}

interface NoPicture {
  readonly place: ImagePlace;
  /** Why, in a few words. */
  readonly rejected: string;
}

/** How the face of an image is found. */
export type AlignOptions = Pick<
  LandmarkOptions,
  "detector" | "predictor" | "backend" | "workers" | "uprightOnly"
>;

interface PictureOptions {
  readonly input: InputSize;
  /**
   * Finds the face of each image by these means and cuts it out as CelebA's aligned images show it; left
   * out, images are taken whole.
   */
  readonly align?: AlignOptions | undefined;
  /** Whether damaged images are used as far as they go. */
  readonly useDamaged?: boolean | undefined;
  /** Threads that read images taken whole. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files that are read while the network works, where each is cut by itself. */
const READ_AHEAD = 8;

/** Reads images in their order; one that cannot be used has its reason instead. */
export function readPictures(
  places: AsyncIterable<ImagePlace>,
  options: PictureOptions,
): AsyncGenerator<Picture | NoPicture> {
  return options.align
    ? alignedPictures(places, { ...options, align: options.align })
    : wholePictures(places, options);
}

async function* wholePictures(
  places: AsyncIterable<ImagePlace>,
  { input: size, useDamaged = false, workers, signal }: PictureOptions,
): AsyncGenerator<Picture | NoPicture> {
  await using reader = new PictureReader({ workers });
  const make = async (place: ImagePlace): Promise<Picture | NoPicture> => {
    const { path, rejected } = place;
    if (rejected !== undefined) return { place, rejected };
    try {
      const { pixels, damage } = await reader.read({ path, size, useDamaged });
      const read = () => readImageAs(path, { useDamaged });
      return { place, pixels: pixels!, damage, read };
    } catch (error) {
      return { place, rejected: reasonOf(error) };
    }
  };
  yield* mapInOrder(places, make, reader.window, signal);
}

function alignedPictures(
  places: AsyncIterable<ImagePlace>,
  { input, align, useDamaged = false, signal }: PictureOptions & { readonly align: AlignOptions },
): AsyncGenerator<Picture | NoPicture> {
  const make = async (
    { image: name, path, points, rejected }: FaceRecord,
  ): Promise<Picture | NoPicture> => {
    const place = { path, name };
    if (points === null) return { place, rejected: rejected ?? "no face found" };
    const read = async () => {
      const image = await readImageAs(path, { useDamaged });
      return { ...cutAlignedFace(image, points), ...(image.damage && { damage: image.damage }) };
    };
    try {
      const image = await read();
      return { place, pixels: fit(image, input), damage: image.damage, read };
    } catch (error) {
      return { place, rejected: reasonOf(error) };
    }
  };
  const find = landmarks({ ...align, signal });
  return mapInOrder(find(asRecords(places, useDamaged)), make, READ_AHEAD, signal);
}

/** Why an image cannot be used; the message of what went wrong. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function* asRecords(
  places: AsyncIterable<ImagePlace>,
  useDamaged: boolean,
): AsyncGenerator<FaceRecord> {
  const unknown = { split: null, labels: null, size: null, box: null, points: null };
  for await (const { path, name, rejected = null } of places) {
    yield { image: name, path, ...unknown, rejected, ...(useDamaged && { damage: null }) };
  }
}
