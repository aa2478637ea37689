/**
 * Does the network look where its maps say? The region that an attribute's map stands for is greyed out
 * in the input, and, apart from that, as many pixels elsewhere on the face; the attribute's logit should
 * move far for the one and little for the other.
 *
 * Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 4.2
 * (grey squares). As many pixels elsewhere are the control: grey is nothing that the network has seen in
 * training, and moves logits wherever it lies.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";
import { ATTRIBUTES } from "../face/attributes.ts";
import { type InputSize, loadFaces, type OnReject, regionsOf } from "../face/faces.ts";
import { BOOTSTRAP_SEED } from "../metrics/bootstrap.ts";
import type { Logits } from "./occlusion/network_logits.ts";
import { type OccludedImage, occludedImages } from "./occlusion/occluded_images.ts";
import { regionSets } from "./occlusion/region_sets.ts";
import { type FaceShifts, type Occlusion, summarise } from "./occlusion/shifts.ts";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import { Random } from "../numbers/random.ts";
import type { FaceRecord } from "../face/record.ts";
import { regionBitsOf } from "../face/region_bits.ts";

export { EvenChoice } from "./occlusion/even_choice.ts";
export { networkLogits } from "./occlusion/network_logits.ts";
export type { AttributeOcclusion, Occlusion, Shifts } from "./occlusion/shifts.ts";
export type { Estimate as OcclusionEstimate } from "./occlusion/resampled_means.ts";

const A = ATTRIBUTES.length;

/** Options of {@linkcode measureOcclusion}. */
export interface OcclusionJob {
  /** Faces with landmarks; those without are passed over. */
  readonly records: readonly FaceRecord[];
  readonly split: string;
  /** The attributes that the network has learnt; all by default. */
  readonly learnt?: readonly string[] | undefined;
  readonly input: InputSize;
  /** What reads the images; borrowed. Without it, one for the time being. */
  readonly reader?: ReadsPictures | undefined;
  /** Images a forward pass. */
  readonly batch: number;
  readonly logits: Logits;
  /** Stops after the batch at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each face with the faces done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Hears of faces whose images cannot be read any more; they are left out. */
  readonly onReject?: OnReject | undefined;
}

/**
 * Measures how far occlusion moves logits. Each face takes at most 36 images: itself, and two for each of
 * 18 sets of regions (the whole face has no elsewhere). No more images than a batch are held at once.
 *
 * @throws {Error} If no face has landmarks and an image that can be read.
 */
export async function measureOcclusion(job: OcclusionJob): Promise<Occlusion> {
  const { records, split, learnt, batch, signal, onProgress } = job;
  const shifts: FaceShifts[] = [];
  let waiting: WaitingImage[] = [];
  const run = async () => {
    signal?.throwIfAborted();
    await measureBatch(waiting, job.logits);
    waiting = [];
    // On wasm nothing else lets signals be heard.
    await setTimeout(0);
  };
  for await (const { face, images } of facesOf(job)) {
    shifts.push(face);
    for (const image of images) {
      waiting.push({ ...image, face });
      if (waiting.length === batch) await run();
    }
    onProgress?.(shifts.length, records.length);
  }
  if (waiting.length > 0) await run();
  if (shifts.length === 0) {
    throw new Error(`There is nothing to occlude: no face of the split ${split} has landmarks`);
  }
  return summarise(shifts, split, learnt);
}

/** A face under way: its logits as it is are known before those of its other images. */
interface FaceUnderWay extends FaceShifts {
  /** f32 [A]; of the face as it is. */
  readonly plain: Float32Array;
}

/** An image that waits for its batch. */
type WaitingImage = OccludedImage & { readonly face: FaceUnderWay };

async function* facesOf({ records, input, learnt, reader, onReject = () => {} }: OcclusionJob) {
  const sets = regionSets(learnt);
  for await (const { record, labels, pixels } of loadFaces(records, input, onReject, { reader })) {
    const polygons = regionsOf(record);
    if (!polygons || !pixels) continue;
    const random = new Random(`occlusion ${BOOTSTRAP_SEED} ${record.image}`);
    const bits = regionBitsOf(polygons, input);
    const face: FaceUnderWay = {
      labels,
      plain: new Float32Array(A),
      region: new Float64Array(A).fill(NaN),
      elsewhere: new Float64Array(A).fill(NaN),
    };
    yield { face, images: occludedImages({ pixels, bits, width: input.width }, sets, random) };
  }
}

/** Runs the network on images, and notes for each how far its attributes' logits fall. */
async function measureBatch(images: readonly WaitingImage[], logits: Logits): Promise<void> {
  const values = await logits(images.map(({ pixels }) => pixels));
  for (const [row, { face, what, set }] of images.entries()) {
    const own = values.subarray(row * A, (row + 1) * A);
    if (what === "nothing") face.plain.set(own);
    else for (const column of set!.columns) face[what][column] = face.plain[column]! - own[column]!;
  }
}
