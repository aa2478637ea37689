/**
 * The segments stage: where each region of a face is, from its 68 landmarks.
 *
 * Segments are region bits, one word a mask pixel; the mask of an attribute is the union of its
 * regions (`regions.ts`). Nothing needs to be stored for training; {@linkcode exportSegments} writes
 * masks as files for those who want them.
 *
 * @module
 */

import { rasterizeRows } from "../kernels/cpu/rasterize_rows.ts";
import type { Gpu } from "../kernels/webgpu/gpu.ts";
import { type Extent, rasterize, type RasterizeJob } from "../kernels/rasterize.ts";
import type { FaceRecord } from "./face/record.ts";
import type { Stage } from "./streams/to_stream.ts";
import { REGIONS } from "./face/regions.ts";
import { makePolygons, type RegionPolygons, writePolygons } from "./face/region_polygons.ts";
import type { Segmented } from "./segments/segmented.ts";

export type { Extent } from "../kernels/rasterize.ts";
export type { Segmented } from "./segments/segmented.ts";
export {
  type ExportOptions,
  exportSegments,
  type ExportSummary,
  type MaskFormat,
} from "./segments/export_segments.ts";
export { exportOverlays, type OverlayOptions, OverlayWriter } from "./segments/export_overlays.ts";
export { drawContactSheet, drawOverlay, type OverlayFace } from "./segments/overlay.ts";
export { makePolygons, polygonsOf, type RegionPolygons } from "./face/region_polygons.ts";

/** How segments are drawn. */
export interface SegmentsOptions {
  /** The image that regions are drawn in; points are scaled to it by the record's size if known. */
  readonly frame: Extent;
  /** Size of the masks: the frame's pixels are sampled by nearest neighbour. */
  readonly mask: Extent;
  /** Where the kernel runs; null draws on the CPU. */
  readonly gpu: Gpu | null;
  /** Records drawn at once; by default as many as take 16 MiB on the GPU, 32 on the CPU. */
  readonly batch?: number;
  /** Stops the stage, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Faces that the CPU draws at once: twice as fast as one by one, and soon done. */
const CPU_BATCH = 32;

/**
 * Draws the 14 regions of every record. Rejected records pass through with null; a record whose
 * landmarks are missing, not numbers, or absurdly far away becomes rejected with that reason.
 *
 * @example Where the mouth of a face is
 * ```ts
 * import { joinLandmarks, openDataset, REGIONS, segments } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 120 } });
 * const faces = joinLandmarks("data/sample/Anno/list_landmarks_68.csv")(few);
 * const draw = segments({
 *   frame: { height: 218, width: 178 },
 *   mask: { height: 41, width: 31 },
 *   gpu: null,
 * });
 * const mouth = 1 << REGIONS.indexOf("mouth");
 * for await (const { record, bits } of draw(faces)) {
 *   console.log(record.image, bits?.reduce((pixels, word) => pixels + (word & mouth ? 1 : 0), 0));
 * }
 * ```
 *
 * @throws {TypeError} If a record has another number of landmarks than 68.
 */
export function segments(options: SegmentsOptions): Stage<FaceRecord, Segmented> {
  const { gpu, mask, signal } = options;
  const fitting = Math.max(1, Math.floor(2 ** 24 / (4 * mask.height * mask.width)));
  const size = options.batch ?? (gpu ? fitting : CPU_BATCH);
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`Cannot draw segments by ${size} records at once`);
  }
  return async function* (source) {
    let batch: FaceRecord[] = [];
    for await (const record of source) {
      signal?.throwIfAborted();
      batch.push(record);
      if (batch.length < size) continue;
      yield* await drawBatch(batch, options);
      batch = [];
    }
    signal?.throwIfAborted();
    yield* await drawBatch(batch, options);
  };
}

async function drawBatch(
  records: readonly FaceRecord[],
  options: SegmentsOptions,
): Promise<Segmented[]> {
  const polygons = makePolygons(records.length);
  const placed = records.map((record, face) => placeRegions(record, polygons, face, options.frame));
  const { frame: source, mask, gpu } = options;
  const job = { ...polygons, regions: REGIONS.length, source, mask };
  const bits = gpu ? await drawOnGpu(gpu, job) : rasterizeRows(job);
  const pixels = mask.height * mask.width;
  return placed.map((record, face) => ({
    record,
    bits: record.rejected === null ? bits.subarray(face * pixels, (face + 1) * pixels) : null,
  }));
}

async function drawOnGpu(gpu: Gpu, job: RasterizeJob): Promise<Uint32Array<ArrayBuffer>> {
  if (job.counts.length === 0) return new Uint32Array(0);
  try {
    const buffer = rasterize(gpu, job);
    try {
      return new Uint32Array(await gpu.read(buffer));
    } finally {
      gpu.destroy(buffer);
    }
  } catch (error) {
    throw await gpu.causeOf(error);
  }
}

/** Writes the record's polygons, or rejects the record and leaves them without vertices. */
function placeRegions(
  record: FaceRecord,
  polygons: RegionPolygons,
  face: number,
  frame: Extent,
): FaceRecord {
  if (record.rejected !== null) return record;
  if (record.points === null) return { ...record, rejected: "there are no landmarks" };
  const [width, height] = record.size ?? [frame.width, frame.height];
  try {
    writePolygons(record.points, polygons, face, frame.width / width, frame.height / height);
    return record;
  } catch (cause) {
    if (cause instanceof TypeError) {
      throw new TypeError(`${cause.message} (record ${record.image})`, { cause });
    }
    if (!(cause instanceof RangeError)) throw cause;
    polygons.counts.fill(0, face * REGIONS.length, (face + 1) * REGIONS.length);
    return { ...record, rejected: cause.message };
  }
}
