/** Faces made ready for the network: decoded, brought to the input's size, with labels and regions. */

import { isNotThere } from "../files/write_file.ts";
import { PictureReader, type ReadsPictures } from "../image/reading/picture_reader.ts";
import type { PictureSize } from "../image/reading/read_picture.ts";
import { mapInOrder } from "../streams/map_in_order.ts";
import type { FaceRecord } from "./record.ts";
import { makePolygons, type RegionPolygons, writePolygons } from "./region_polygons.ts";
import { FRAME } from "./frame.ts";

/** One face with what a batch needs of it. */
export interface Face {
  /** With the size of its image. */
  readonly record: FaceRecord;
  /** 40 label bits. */
  readonly labels: number;
  /** u8 [H, W, 3] at the network's input size; null if they are fetched when they are needed. */
  readonly pixels: Uint8Array | null;
  /** First 64 bits of the image file's SHA-256, in hexadecimal digits; absent where no file was read. */
  readonly digest?: string;
}

/** What is wanted of the pixels. */
export type InputSize = PictureSize;

/** Hears of a record that is left out, and why. */
export type OnReject = (record: FaceRecord, reason: string) => void;

/** Options of {@linkcode loadFaces}. */
export interface LoadOptions {
  /** Hears of an image that is damaged and used as far as it goes. */
  readonly onDamaged?: OnReject | undefined;
  /** What reads the images; borrowed. Without it, one for the time being. */
  readonly reader?: ReadsPictures | undefined;
  /** Whether only the headers of the images are looked at: faces come without pixels. */
  readonly headersOnly?: boolean;
}

/**
 * Reads the images of records that have labels, on all cores, in order and a few ahead of the reader. A record
 * that was rejected before is left out; one whose image cannot be read, or whose points cannot be drawn, is left
 * out after `reject` has heard why.
 */
export async function* loadFaces(
  records: AsyncIterable<FaceRecord> | Iterable<FaceRecord>,
  size: InputSize,
  reject: OnReject,
  options: LoadOptions = {},
): AsyncGenerator<Face> {
  const { onDamaged, headersOnly } = options;
  await using own = options.reader ? null : new PictureReader();
  const reader = options.reader ?? own!;
  const load = async (record: FaceRecord) => {
    if (record.rejected !== null) return null;
    return await loadFace(record, headersOnly ? null : size, reader).catch((error) => {
      reject(record, faultOf(error));
      return null;
    });
  };
  for await (const face of mapInOrder(records, load, reader.window)) {
    if (face?.record.damage) onDamaged?.(face.record, face.record.damage);
    if (face) yield face;
  }
}

/** Why a face cannot be used; what stands before the colon is common to many. */
export function faultOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${isNotThere(error) ? "the image is missing" : "the image cannot be used"}: ${message}`;
}

async function loadFace(
  record: FaceRecord,
  size: InputSize | null,
  reader: ReadsPictures,
): Promise<Face> {
  const { path, labels } = record;
  if (labels === null) throw new Error("it has no labels");
  const useDamaged = mayBeDamaged(record);
  const { width, height, pixels, damage, file } = await reader.read({ path, size, useDamaged });
  const known = { ...record, size: [width, height] as const, ...(damage && { damage }) };
  checkRegions(known);
  return { record: known, labels, pixels, digest: file.digest };
}

/** Whether the image may be used as far as it goes. */
export function mayBeDamaged({ damage }: FaceRecord): boolean {
  return damage !== undefined;
}

/**
 * Makes sure that the regions of a face can be drawn, if it has points.
 *
 * @throws {RangeError} If a point lies too far out, or is no number.
 */
export function checkRegions(record: FaceRecord): void {
  const { points, size } = record;
  if (!points || !size) return;
  const most = NEAR * Math.min(size[0] / FRAME.width, size[1] / FRAME.height);
  // False for what is no number.
  if (!points.every((coordinate) => Math.abs(coordinate) <= most)) writeRegions(record, SCRATCH, 0);
}

const SCRATCH = makePolygons(1);
/** Points within so many pixels of the frame have all corners of their regions within four times as many. */
const NEAR = 8000;

/** The 14 regions of a face in {@linkcode FRAME}; null where there are no landmarks. */
export function regionsOf(record: FaceRecord): RegionPolygons | null {
  if (!record.points) return null;
  const polygons = makePolygons(1);
  writeRegions(record, polygons, 0);
  return polygons;
}

/** The same into a place among others; none where there are no landmarks. */
export function writeRegions(
  { points, size }: FaceRecord,
  target: RegionPolygons,
  place: number,
): void {
  if (!points) return;
  const [width, height] = size!;
  writePolygons(points, target, place, FRAME.width / width, FRAME.height / height);
}
