/** What an evaluation measures *where* against. */

import { resolve } from "node:path";
import type { ReadsPictures } from "../image/reading/picture_reader.ts";
import type { Truth } from "../metrics/metrics.ts";
import { PartMasks } from "../parts/part_masks.ts";
import { PART_TABLE } from "../parts/part_table.ts";
import { LANDMARK_TRUTH, type MaskTruth } from "../train/mask_truth.ts";
import type { MaskOptions } from "./options.ts";

/** The truth, and what is said of it. */
interface OpenedTruth {
  readonly truth: MaskTruth;
  readonly source: Truth;
}

/** Opens a folder of masks; without one, the truth is drawn from landmarks. */
export async function openTruth(
  options: MaskOptions | undefined,
  reader: ReadsPictures,
): Promise<OpenedTruth> {
  if (!options) return { truth: LANDMARK_TRUTH, source: "landmarks" };
  const { folder, parts = PART_TABLE } = options;
  const masks = await PartMasks.open(folder, parts, reader);
  const truth: MaskTruth = {
    sets: masks.sets,
    regionsOf: ({ faces, job }) =>
      Promise.all(faces.map(({ record }) => masks.bitsOf(record, job.mask))),
  };
  return { truth, source: { masks: resolve(folder), parts } };
}
