/** Draws polygons of many images into one word of bits per mask pixel. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { checkRasterizeJob, type RasterizeJob, type RasterizeShape } from "./rasterize_job.ts";
import { sampleGrid } from "./sample_grid.ts";
import edgeSource from "./wgsl/rasterize.wgsl" with { type: "text" };
import foldSource from "./wgsl/rasterize_fold.wgsl" with { type: "text" };

export type { Extent, RasterizeJob } from "./rasterize_job.ts";

/** The result does not depend on it. */
export interface RasterizeTuning {
  /** Invocations of a workgroup. */
  readonly workgroup: number;
  /** Images drawn at once at most; as many as the adapter can bind if absent. */
  readonly chunk?: number;
}

/** Numbers of a `Placement` in the kernels. */
const PLACEMENT = 5;

/**
 * Draws all polygons of a job: bit r of a pixel says whether polygon r covers the source pixel that
 * it looks at (see {@linkcode RasterizeJob}), by the rule of OpenCV's `fillPoly` (8-connected lines,
 * shift 0): the even-odd interior and the boundary lines, bit for bit.
 *
 * Batches of any size: they are cut to what the adapter can bind. Recorded and submitted, not waited for.
 *
 * OpenCV 4.6 and 4.7 draw the same pixels; 4.11 to 5.0 too, but for polygons that leave the image.
 *
 * Source: opencv/opencv 4.6, modules/imgproc/src/drawing.cpp; twin `kernels/cpu/rasterize.ts`.
 *
 * @example A triangle in a mask of half the size
 * ```ts
 * import { Gpu, rasterize } from "@attparsenet/attparsenet";
 *
 * using gpu = await Gpu.open();
 * if (gpu) {
 *   const bits = rasterize(gpu, {
 *     polygons: Int32Array.of(0, 0, 7, 0, 0, 7),
 *     counts: Uint32Array.of(3),
 *     regions: 1,
 *     source: { height: 8, width: 8 },
 *     mask: { height: 4, width: 4 },
 *   });
 *   const words = new Uint32Array(await gpu.read(bits));
 *   for (let y = 0; y < 4; y++) console.log(words.subarray(4 * y, 4 * y + 4).join(" "));
 * }
 * ```
 *
 * @param target u32 [B, h, w] to write into, borrowed; a new buffer if absent
 * @returns The buffer with u32 [B, h, w]; if it is new the caller owns it.
 * @throws {TypeError} If the arrays' lengths do not agree, or `target` is too small.
 * @throws {RangeError} If there are too many polygons, or one lies too far away.
 */
export function rasterize(
  gpu: Gpu,
  job: RasterizeJob,
  target?: GPUBuffer,
  tuning: RasterizeTuning = { workgroup: 64 },
): GPUBuffer {
  const shape = checkRasterizeJob(job);
  const imageBytes = 4 * shape.mask.height * shape.mask.width;
  const bytes = shape.images * imageBytes;
  if (target && target.size < bytes) {
    throw new TypeError(`Cannot rasterise into ${target.size} bytes: ${bytes} are needed`);
  }
  const chunk = imagesPerChunk(gpu, shape, tuning);
  const bits = target ?? gpu.createBuffer(bytes, "region bits");
  const grid = gpu.upload(gridOf(shape), "grid");
  for (let first = 0; first < shape.images; first += chunk) {
    const images = Math.min(chunk, shape.images - first);
    const part = { buffer: bits, offset: first * imageBytes, size: images * imageBytes };
    const data = sliceOf(job, shape, first, images);
    const buffers = {
      polygons: gpu.upload(data.polygons, "polygons"),
      counts: gpu.upload(data.counts, "counts"),
      placements: gpu.upload(data.placements, "placements"),
    };
    drawRegions(gpu, { ...buffers, grid, bits: part }, { ...shape, images }, tuning);
    gpu.host.submit();
    gpu.destroy(...Object.values(buffers));
  }
  gpu.destroy(grid);
  return bits;
}

/** What changes from one batch of images to the next. */
interface Slice {
  readonly polygons: Int32Array<ArrayBuffer>;
  readonly counts: Uint32Array<ArrayBuffer>;
  readonly placements: Int32Array<ArrayBuffer>;
}

function sliceOf(job: RasterizeJob, shape: RasterizeShape, first: number, images: number): Slice {
  const slots = [first * shape.regions, (first + images) * shape.regions] as const;
  const values = 2 * shape.vertices;
  return {
    polygons: job.polygons.subarray(slots[0] * values, slots[1] * values),
    counts: job.counts.subarray(...slots),
    placements: placementsOf(job, shape, first, images),
  };
}

/**
 * As {@linkcode rasterize} of as many images as can be bound, from buffers that are on the device.
 *
 * polygons    i32 [B, R, V, 2]  as in {@linkcode RasterizeJob}
 * counts      u32 [B, R]        as there
 * placements  i32 [B, 5]        see {@linkcode placementsOf}
 * grid        i32 [...]         see {@linkcode gridOf}
 * bits        u32 [B, h, w]     written
 */
export function drawRegions(
  gpu: Gpu,
  { polygons, counts, placements, grid, bits }:
    & Readonly<Record<"polygons" | "counts" | "placements" | "grid", Binding>>
    & { readonly bits: GPUBufferBinding },
  { images, regions, vertices, mask, source, window }: RasterizeShape,
  { workgroup }: RasterizeTuning = { workgroup: 64 },
): void {
  const bytes = 4 * images * mask.height * mask.width;
  if (bytes === 0) return;
  gpu.host.copies().clearBuffer(bits.buffer, bits.offset ?? 0, bytes);
  const size = { HEIGHT: mask.height, WIDTH: mask.width, WORKGROUP: workgroup };
  const constants = {
    ...size,
    REGIONS: regions,
    VERTICES: vertices,
    SOURCE_HEIGHT: source.height,
    SOURCE_WIDTH: source.width,
    WINDOW_HEIGHT: window.height,
    WINDOW_WIDTH: window.width,
  };
  gpu.dispatch(
    { label: "rasterize", source: edgeSource, constants },
    [polygons, counts, placements, grid, bits],
    [Math.ceil(images / workgroup), regions * vertices],
  );
  const quads = mask.width % 4 === 0;
  gpu.dispatch(
    {
      label: "rasterize_fold",
      source: foldSource,
      entry: quads ? "fold_quads" : "main",
      constants: size,
    },
    { 0: placements, [quads ? 2 : 1]: bits },
    [Math.ceil(mask.height / workgroup), images],
  );
}

/**
 * i32 [h + H' + 1 + W' + 1], where H' and W' are the window's: the source row of each mask row; how many mask
 * rows, and how many mask columns, lie before each of the window's.
 */
export function gridOf({ window, mask }: RasterizeShape): Int32Array<ArrayBuffer> {
  const rows = sampleGrid(window.height, mask.height);
  const columns = sampleGrid(window.width, mask.width);
  return concatenate(rows.at, rows.before, columns.before);
}

/** i32 [images, 5]: dy; origin and step of x; the mask columns that lie in the source. */
export function placementsOf(
  { offsets, flips }: RasterizeJob,
  { source, window, mask, images: all }: RasterizeShape,
  first = 0,
  images: number = all,
): Int32Array<ArrayBuffer> {
  const columns = sampleGrid(window.width, mask.width);
  const placements = new Int32Array(PLACEMENT * images);
  for (let b = 0; b < images; b++) {
    const dy = offsets?.[2 * (first + b)] ?? 0;
    const dx = offsets?.[2 * (first + b) + 1] ?? 0;
    const step = flips?.[first + b] ? -1 : 1;
    const origin = step < 0 ? window.width + dx : -dx;
    const ends = [origin, origin + step * source.width].map((column) =>
      columns.before[Math.max(0, Math.min(window.width, column))] as number
    );
    placements.set([dy, origin, step, Math.min(...ends), Math.max(...ends)], PLACEMENT * b);
  }
  return placements;
}

/** How many images fit one dispatch: bindings, workgroup count, and the offset's alignment. */
function imagesPerChunk(
  gpu: Gpu,
  { mask, regions, vertices }: RasterizeShape,
  { chunk = Infinity }: RasterizeTuning,
): number {
  const { limits } = gpu.device;
  const pixels = mask.height * mask.width;
  const bytes = Math.max(4 * pixels, 8 * regions * vertices, 4 * PLACEMENT);
  const fitting = Math.min(
    Math.floor(limits.maxStorageBufferBindingSize / bytes),
    limits.maxComputeWorkgroupsPerDimension,
  );
  let aligned = 1;
  while ((aligned * 4 * pixels) % limits.minStorageBufferOffsetAlignment !== 0) aligned *= 2;
  if (fitting < aligned) {
    throw new RangeError(
      `Cannot rasterise masks of ${mask.height}x${mask.width}: ` +
        `the adapter binds at most ${limits.maxStorageBufferBindingSize} bytes`,
    );
  }
  const images = Math.max(aligned, Math.min(fitting, chunk));
  return images - images % aligned;
}

function concatenate(...parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
