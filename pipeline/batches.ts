/**
 * Batches for the network: images as numbers, and the job that draws the masks, with
 * flip and shift applied to both alike.
 *
 * @module
 */

import type { RasterizeJob } from "../kernels/rasterize.ts";
import { type Face, type InputSize, type OnReject, pixelsOf } from "./faces.ts";
import { FRAME } from "./presets.ts";
import type { Augmentation } from "./settings.ts";
import type { Random } from "./random.ts";
import { REGIONS } from "./regions.ts";
import { MAX_CORNERS } from "./segments/region_polygons.ts";

/** One batch, all on the CPU. */
export interface Batch {
  readonly faces: readonly Face[];
  /** f32 [B, H, W, 3], −1 … 1. */
  readonly images: Float32Array;
  /** Draws u32 [B, h, w] region bits. */
  readonly job: RasterizeJob;
}

/** How one face is changed: shift in input pixels and mirroring. */
interface Change {
  readonly dy: number;
  readonly dx: number;
  readonly flip: boolean;
}

/** Network input for each byte: −1 … 1. */
const SCALED = Float32Array.from({ length: 256 }, (_, value) => value / 127.5 - 1);

/** What a batch is made for. */
export interface BatchPlan {
  /** Height and width of the network's input. */
  readonly input: InputSize;
  /** Height and width of the predicted masks. */
  readonly mask: InputSize;
  readonly augmentation: Augmentation;
}

/**
 * As {@linkcode makeBatch}, with the pixels read again of faces that were not kept whole. A face that
 * cannot be read any more is left out, after `reject` has heard why; the others stay what they would
 * have been with it.
 */
export async function loadBatch(
  faces: readonly Face[],
  plan: BatchPlan,
  random: Random | null,
  reject: OnReject,
): Promise<Batch> {
  // Drawn before anything is waited for, so that batches under way together draw in their order.
  const changes = drawChanges(faces, plan, random);
  const read = await Promise.all(faces.map(async (face, index) => {
    const pixels = await pixelsOf(face, plan.input).catch((error) => {
      reject(face.record, error instanceof Error ? error.message : String(error));
      return null;
    });
    return pixels && { face: { ...face, pixels }, change: changes[index]! };
  }));
  const whole = read.filter((item) => item !== null);
  return changedBatch(whole.map(({ face }) => face), whole.map(({ change }) => change), plan);
}

/** A face whose pixels are in memory. */
export type WholeFace = Face & { readonly pixels: Uint8Array };

/**
 * Makes a batch.
 *
 * @param random Where the changes come from; null for none.
 */
export function makeBatch(
  faces: readonly WholeFace[],
  plan: BatchPlan,
  random: Random | null,
): Batch {
  return changedBatch(faces, drawChanges(faces, plan, random), plan);
}

function changedBatch(
  faces: readonly WholeFace[],
  changes: readonly Change[],
  { input, mask }: BatchPlan,
): Batch {
  const size = input.height * input.width * 3;
  const images = new Float32Array(faces.length * size);
  faces.forEach((face, index) => {
    const target = images.subarray(index * size, (index + 1) * size);
    writeImage(face.pixels, target, input, changes[index]!);
  });
  return { faces, images, job: maskJob(faces, changes, input, mask) };
}

/** Writes pixels u8 as network input f32 at `offset` of `target`. */
export function scaleToInput(pixels: Uint8Array, target: Float32Array, offset: number): void {
  for (let i = 0; i < pixels.length; i++) target[offset + i] = SCALED[pixels[i]!]!;
}

const UNCHANGED: Change = { dy: 0, dx: 0, flip: false };

function drawChanges(
  faces: readonly Face[],
  { augmentation }: BatchPlan,
  random: Random | null,
): Change[] {
  return faces.map(() => random ? drawChange(augmentation, random) : UNCHANGED);
}

function drawChange({ flip, shift }: Augmentation, random: Random): Change {
  const sides = 2 * shift + 1;
  return {
    dy: random.integer(sides) - shift,
    dx: random.integer(sides) - shift,
    flip: random.next() < 0.5 && flip,
  };
}

/** Copies one image; what the shift uncovers repeats the border. */
function writeImage(
  pixels: Uint8Array,
  target: Float32Array,
  { height, width }: InputSize,
  { dy, dx, flip }: Change,
): void {
  const columns = Int32Array.from({ length: width }, (_, j) => {
    const x = (flip ? width - 1 - j : j) + dx;
    return 3 * Math.min(Math.max(x, 0), width - 1);
  });
  let at = 0;
  for (let i = 0; i < height; i++) {
    const row = Math.min(Math.max(i + dy, 0), height - 1) * width * 3;
    for (let j = 0; j < width; j++) {
      const from = row + columns[j]!;
      target[at++] = SCALED[pixels[from]!]!;
      target[at++] = SCALED[pixels[from + 1]!]!;
      target[at++] = SCALED[pixels[from + 2]!]!;
    }
  }
}

/** The masks of the changed faces: the shift in pixels of the frame, the same mirroring. */
function maskJob(
  faces: readonly Face[],
  changes: readonly Change[],
  input: InputSize,
  mask: InputSize,
): RasterizeJob {
  const corners = REGIONS.length * MAX_CORNERS * 2;
  const polygons = new Int32Array(faces.length * corners);
  const counts = new Uint32Array(faces.length * REGIONS.length);
  const offsets = new Int32Array(faces.length * 2);
  faces.forEach((face, index) => {
    const { dy, dx } = changes[index]!;
    if (face.polygons) {
      polygons.set(face.polygons.polygons, index * corners);
      counts.set(face.polygons.counts, index * REGIONS.length);
    }
    offsets[2 * index] = Math.round(dy * FRAME.height / input.height);
    offsets[2 * index + 1] = Math.round(dx * FRAME.width / input.width);
  });
  return {
    polygons,
    counts,
    regions: REGIONS.length,
    source: FRAME,
    mask: { height: mask.height, width: mask.width },
    offsets,
    flips: Uint8Array.from(changes, ({ flip }) => flip ? 1 : 0),
  };
}

/** Cuts faces into batches of `size`; the last one may be smaller. */
export function* inBatches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let first = 0; first < items.length; first += size) {
    yield items.slice(first, first + size);
  }
}
