/** Faces made ready for the network: decoded, brought to the input's size, with labels and polygons. */

import { isNotThere } from "../files/write_file.ts";
import { hexOf } from "../files/hex_digest.ts";
import {
  decodeImage,
  type DecodeOptions,
  readImageAs,
  readPictureFile,
  resizeImage,
  type RgbImage,
} from "../image/image.ts";
import { mapInOrder } from "../streams/map_in_order.ts";
import type { FaceRecord } from "./record.ts";
import { makePolygons, type RegionPolygons, writePolygons } from "./region_polygons.ts";
import { FRAME } from "./frame.ts";

/** One face with what a batch needs of it. */
export interface Face {
  readonly record: FaceRecord;
  /** 40 label bits. */
  readonly labels: number;
  /** u8 [H, W, 3] at the network's input size; null if they are to be read again when they are needed. */
  readonly pixels: Uint8Array | null;
  /** The 14 regions in {@linkcode FRAME}; null where there are no landmarks. */
  readonly polygons: RegionPolygons | null;
  /** First 64 bits of the image file's SHA-256, in hexadecimal digits; absent where no file was read. */
  readonly digest?: string;
}

/** What is wanted of the pixels. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/** Hears of a record that is left out, and why. */
export type OnReject = (record: FaceRecord, reason: string) => void;

/** Reads images ahead of the consumer, this many at a time. */
const READ_AHEAD = 8;

/**
 * Decodes the images of records that have labels, in order and a few ahead of the reader. A record that
 * was rejected before is left out; one whose image cannot be read, or whose points cannot be drawn, is
 * left out after `reject` has heard why.
 *
 * @param onDamaged Hears of an image that is damaged and used as far as it goes.
 */
export async function* loadFaces(
  records: AsyncIterable<FaceRecord>,
  size: InputSize,
  reject: OnReject,
  onDamaged: OnReject = () => {},
): AsyncGenerator<Face> {
  const load = (record: FaceRecord) =>
    loadFace(record, size).catch((error) => {
      reject(record, faultOf(error));
      return null;
    });
  for await (const face of mapInOrder(notRejected(records), load, READ_AHEAD)) {
    if (face?.record.damage) onDamaged(face.record, face.record.damage);
    if (face) yield face;
  }
}

/** Why a face cannot be used; what stands before the colon is common to many. */
export function faultOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${isNotThere(error) ? "the image is missing" : "the image cannot be used"}: ${message}`;
}

async function* notRejected(records: AsyncIterable<FaceRecord>): AsyncGenerator<FaceRecord> {
  for await (const record of records) if (record.rejected === null) yield record;
}

async function loadFace(record: FaceRecord, size: InputSize): Promise<Face> {
  const { labels, points } = record;
  if (labels === null) throw new Error("it has no labels");
  const bytes = await readPictureFile(record.path);
  const image = await decodeImage(bytes, record.path, waysOf(record));
  const known = {
    ...record,
    size: [image.width, image.height] as const,
    ...(image.damage !== undefined && { damage: image.damage }),
  };
  const polygons = points && drawnIn(FRAME, image, points);
  return { record: known, labels, pixels: fit(image, size), polygons, digest: hexOf(bytes, 16) };
}

/** The regions of points in pixels of `image`, in pixels of `frame`. */
function drawnIn(frame: InputSize, image: InputSize, points: Float32Array): RegionPolygons {
  const polygons = makePolygons(1);
  writePolygons(points, polygons, 0, frame.width / image.width, frame.height / image.height);
  return polygons;
}

/** The face's pixels, read again if they were not kept. */
export async function pixelsOf(face: Face, size: InputSize): Promise<Uint8Array> {
  return face.pixels ?? fit(await readImageAs(face.record.path, waysOf(face.record)), size);
}

/** In which state an image may be. */
function waysOf({ damage }: FaceRecord): DecodeOptions {
  return { useDamaged: damage !== undefined };
}

/** The image's pixels at the network's input size, u8 [H, W, 3]. */
export function fit(image: RgbImage, { height, width }: InputSize): Uint8Array {
  if (image.height === height && image.width === width) return image.data;
  return resizeImage(image, width, height).data;
}
