/** What maps are held against: regions drawn from landmarks, or others in their place. */

import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import type { Batch } from "../face/batches.ts";
import { attributeRegionMasks } from "../face/regions.ts";

/** Where the attributes of faces are. */
export interface MaskTruth {
  /** u32 [A]: the bits of a cell that make up each attribute's region; 0 where it has none. */
  readonly sets: Uint32Array;
  /** Bits of the cells of each face, u32 [h, w], or why they are not known. */
  regionsOf(batch: Batch): Promise<readonly FaceRegions[]>;
}

export type FaceRegions = Uint32Array | string;

/** The regions over the landmarks. */
export const LANDMARK_TRUTH: MaskTruth = {
  sets: attributeRegionMasks(),
  regionsOf({ faces, job }) {
    const bits = rasterizeRows(job);
    const cells = bits.length / faces.length;
    return Promise.resolve(
      faces.map(({ record }, face) =>
        record.points ? bits.subarray(face * cells, (face + 1) * cells) : "there are no landmarks"
      ),
    );
  },
};
