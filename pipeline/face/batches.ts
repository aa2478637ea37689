/**
 * Batches for the network: images as numbers, and the job that draws the masks, with
 * flip and shift applied to both alike.
 */

import { type Change, UNCHANGED } from "../../kernels/augment.ts";
import { augment } from "../../kernels/cpu/augment.ts";
import type { RasterizeJob } from "../../kernels/rasterize.ts";
import { type Face, faultOf, type InputSize, type OnReject, writeRegions } from "./faces.ts";
import { FRAME } from "./frame.ts";
import type { Random } from "../numbers/random.ts";
import { REGIONS } from "./regions.ts";
import { makePolygons } from "./region_polygons.ts";

/** One batch, all on the CPU. */
export interface Batch {
  readonly faces: readonly WholeFace[];
  /** How each face's image is changed: its shift in pixels of the input, and mirroring. */
  readonly changes: readonly Change[];
  readonly input: InputSize;
  /** Draws u32 [B, h, w] region bits. */
  readonly job: RasterizeJob;
}

/** Random changes to a training image and, alike, to its masks. */
export interface Augmentation {
  /** Whether half of the images are mirrored. */
  readonly flip: boolean;
  /** Largest shift of the crop to each side, in pixels of the network's input. */
  readonly shift: number;
}

/** Images as they are. */
export const NO_CHANGE: Augmentation = { flip: false, shift: 0 };

/** What a batch is made for. */
export interface BatchPlan {
  readonly input: InputSize;
  /** Height and width of the predicted masks. */
  readonly mask: InputSize;
  readonly augmentation: Augmentation;
  /** Fetches the pixels of faces that come without. */
  readonly pixelsOf?: (face: Face) => Promise<Uint8Array>;
}

/**
 * As {@linkcode makeBatch}, with the pixels fetched of faces that come without. A face that
 * cannot be read any more is left out, after `reject` has heard why, and so is one that has been rejected; the
 * others stay what they would have been with it.
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
    // Left out since the run went on, which has been said.
    if (face.record.rejected !== null) return null;
    if (face.pixels) return { face: face as WholeFace, change: changes[index]! };
    const pixels = await plan.pixelsOf!(face).catch((error) => {
      reject(face.record, faultOf(error));
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
  return { faces, changes, input, job: maskJob(faces, changes, input, mask) };
}

/** The network's input of a batch, f32 [B, H, W, 3], −1 … 1. */
export function batchImages({ faces, changes, input }: Batch): Float32Array<ArrayBuffer> {
  return augment(faces.map(({ pixels }) => pixels), changes, input);
}

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

/** The masks of the changed faces: the shift in pixels of the frame, the same mirroring. */
function maskJob(
  faces: readonly Face[],
  changes: readonly Change[],
  input: InputSize,
  mask: InputSize,
): RasterizeJob {
  const regions = makePolygons(faces.length);
  const offsets = new Int32Array(faces.length * 2);
  faces.forEach((face, index) => {
    const { dy, dx } = changes[index]!;
    writeRegions(face.record, regions, index);
    offsets[2 * index] = Math.round(dy * FRAME.height / input.height);
    offsets[2 * index + 1] = Math.round(dx * FRAME.width / input.width);
  });
  return {
    ...regions,
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
