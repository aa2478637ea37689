/** Segments as files: masks, their coverage, and the labels that have no mask. */

import { join, parse } from "node:path";
import type { Extent } from "../../kernels/rasterize.ts";
import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { csvRow } from "../files/csv.ts";
import { nameInTable } from "../image/image_name.ts";
import { type FaceCount, FaceCounter } from "../face/face_count.ts";
import { writeFile } from "../files/write_file.ts";
import { encodePng } from "../image/image.ts";
import { stemOfFace } from "../face/face_name.ts";
import type { FaceRecord } from "../face/record.ts";
import type { Segmented } from "./segmented.ts";
import { AttributeMasks, type PackedMask } from "./attribute_masks.ts";
import { coverageFiles, writeMaskSize } from "./coverage_files.ts";
import { BufferedWriter } from "../files/buffered_writer.ts";

/** How masks are written: all in one file of bits, a picture each, or not at all. */
export type MaskFormat = "bits" | "png" | "none";

/** Where and how segments are written. */
export interface ExportOptions {
  /** The folder; made if it is missing. */
  readonly out: string;
  /** Size of the masks. */
  readonly mask: Extent;
  /** How masks are written. */
  readonly format: MaskFormat;
  /** Stops the export, which then throws the signal's reason and leaves no file half written. */
  readonly signal?: AbortSignal;
  /** Called after each image with the number of images so far. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/** What has been written. */
export interface ExportSummary {
  /** Images with a row in the files. */
  readonly images: number;
  /** Images among them whose landmarks could not be drawn: their masks are empty. */
  readonly rejected: number;
  /** Positive labels whose mask is empty. */
  readonly emptyMasks: number;
  /** What became of the records: those without landmarks have no row, and those rejected no masks. */
  readonly count: FaceCount;
  /** The list of positive labels whose mask is empty. */
  readonly emptyMasksFile: string;
  /** The mask file, where the format has one. */
  readonly bitsFile: string | null;
}

/**
 * Writes segments to a folder, in constant memory:
 *
 * - `coverage.csv`: image_name and the pixels of each of the 40 masks
 * - `empty_masks.csv`: image_name, attribute of every positive label whose mask is empty
 * - `segments.json`: the size of the masks that these two are about; those of another size, written into the
 *   same folder later, are `coverage_{h}x{w}.csv` and `empty_masks_{h}x{w}.csv`
 * - format `bits`: `masks_{h}x{w}.bits`, bits [N, 40, h, w], most significant bit first, without gaps
 * - format `png`: `{Attribute}_mask_{image}.png` with 0 and 255, image as of {@linkcode stemOfFace}
 *
 * A mask is the union of the attribute's regions where the label is positive and empty where it is
 * negative. Every record that has landmarks gets its place, in the order of the stream, so that rows
 * agree with the landmarks file; a record without landmarks has none.
 *
 * @example Masks as files
 * ```ts
 * import { exportSegments, joinLandmarks, openDataset, segments } from "@attparsenet/attparsenet";
 *
 * const out = await Deno.makeTempDir();
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 120 } });
 * const faces = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const mask = { height: 41, width: 31 };
 * const drawn = segments({ frame: { height: 218, width: 178 }, mask, gpu: null })(faces);
 * console.log(await exportSegments({ out, mask, format: "bits" })(drawn));
 * await Deno.remove(out, { recursive: true });
 * ```
 *
 * @returns What consumes the stream.
 * @throws {TypeError} If a record has no labels.
 */
export function exportSegments(
  options: ExportOptions,
): (source: AsyncIterable<Segmented>) => Promise<ExportSummary> {
  return async (source) => {
    const { out, mask, format, signal, onProgress } = options;
    const masks = new AttributeMasks(mask.height, mask.width);
    const none = new Uint32Array(masks.pixels);
    const bitsFile = join(out, `masks_${mask.height}x${mask.width}.bits`);
    const files = await coverageFiles(out, mask);
    await using coverage = await BufferedWriter.open(files.coverage);
    await using empty = await BufferedWriter.open(files.emptyMasks);
    await using bits = format === "bits" ? await BufferedWriter.open(bitsFile) : null;
    await coverage.write(csvRow(["image_name", ...ATTRIBUTES]));
    await empty.write(csvRow(["image_name", "attribute"]));
    const counter = new FaceCounter("segments");
    const counts = { images: 0, rejected: 0, emptyMasks: 0 };
    for await (const { record, bits: regions } of source) {
      signal?.throwIfAborted();
      counter.come();
      if (regions === null) counter.leave(record.image, faultOf(record));
      if (record.points === null) continue;
      const labels = labelsOf(record.image, record.labels);
      const faceMasks = masks.masksOf(regions ?? none, labels);
      await coverage.write(
        csvRow([nameInTable(record.image), ...faceMasks.map(({ pixels }) => pixels)]),
      );
      for (const name of emptyLabels(labels, faceMasks)) {
        await empty.write(csvRow([nameInTable(record.image), name]));
        counts.emptyMasks++;
      }
      if (bits) masks.pack(faceMasks, await bits.reserve(masks.packedBytes));
      if (format === "png") await writePictures(out, record.image, faceMasks, mask);
      counts.images++;
      if (regions === null) counts.rejected++;
      onProgress?.(counts.images, null);
    }
    for (const file of [bits, empty, coverage]) await file?.commit();
    await writeMaskSize(out, mask);
    return {
      ...{ ...counts, count: counter.count, emptyMasksFile: files.emptyMasks },
      bitsFile: bits ? bitsFile : null,
    };
  };
}

/** Why a face has no masks. */
function faultOf({ points, rejected }: FaceRecord): string {
  if (points === null) return rejected ?? "there are no landmarks";
  return `its landmarks cannot be drawn: ${rejected}`;
}

function labelsOf(image: string, labels: number | null): number {
  if (labels !== null) return labels;
  throw new TypeError(`Cannot export the masks of ${image}: it has no labels`);
}

function emptyLabels(labels: number, masks: readonly PackedMask[]): string[] {
  return ATTRIBUTES.filter((_, column) => hasAttribute(labels, column) && !masks[column]?.pixels);
}

/** Writes a face's 40 pictures. */
async function writePictures(
  out: string,
  image: string,
  masks: readonly PackedMask[],
  { height, width }: Extent,
): Promise<void> {
  const { dir, base } = parse(stemOfFace(image));
  const pictures = new Map<PackedMask, Promise<Uint8Array>>();
  // All come to their end, so that none is still being written when another one's failure is told.
  const done = await Promise.allSettled(masks.map(async (mask, column) => {
    const picture = pictures.get(mask) ??
      encodePng({ width, height, data: unpack(mask, height * width) });
    pictures.set(mask, picture);
    const path = join(out, dir, `${ATTRIBUTES[column]}_mask_${base}.png`);
    await writeFile(path, await picture, { lasting: false });
  }));
  for (const one of done) if (one.status === "rejected") throw one.reason;
}

/** u8 [h, w] with 0 and 255. */
function unpack({ bytes }: PackedMask, pixels: number): Uint8Array {
  const values = new Uint8Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    if ((bytes[pixel >> 3] as number) & (0x80 >> (pixel & 7))) values[pixel] = 255;
  }
  return values;
}
