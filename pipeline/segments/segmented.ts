/** What the segments stage hands on. */

import type { FaceRecord } from "../face/record.ts";

/** A record with its segments. */
export interface Segmented {
  /** The record as it came, or rejected if its landmarks cannot be drawn. */
  readonly record: FaceRecord;
  /** u32 [h, w]: bit r says whether region r covers the pixel; null if the record is rejected. */
  readonly bits: Uint32Array<ArrayBuffer> | null;
}
