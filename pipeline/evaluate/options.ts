/** What an evaluation is asked for, and what it comes to. */

import type { Backend } from "../compute/backend.ts";
import type { FaceCount } from "../face/face_count.ts";
import type { OnReject } from "../face/faces.ts";
import type { FaceRecord, Split } from "../face/record.ts";
import type { PackWish } from "../pack.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { PartTable } from "../parts/part_table.ts";
import type { OccludeOptions } from "./occluder.ts";
import type { Occlusion } from "./occlusion.ts";

/** Masks of parts, in the layout of CelebAMask-HQ. */
export interface MaskOptions {
  /** Their folder, or that of the data set. */
  readonly folder: string;
  /** The parts that make up each attribute's region; {@linkcode PART_TABLE} by default. */
  readonly parts?: PartTable;
}

/** Options of `evaluate()`. */
export interface EvaluateOptions {
  /** Folder of a trained run. */
  readonly run: string;
  /** Labelled faces; those of other splits are passed over. Points are needed for the masks only. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The split to measure. */
  readonly split: Split;
  /**
   * Labelled faces of the validation split, for the attributes' own thresholds; those of other splits
   * are passed over. Not looked at where the validation split itself is measured: thresholds are never
   * chosen on the faces that they are then measured on.
   */
  readonly validation?: AsyncIterable<FaceRecord>;
  /** Whether regions are occluded too, and how far that moves the logits; not by default. */
  readonly occlude?: OccludeOptions;
  /** Hand-made masks of the faces' parts to measure *where* against, in place of the landmarks' regions. */
  readonly masks?: MaskOptions;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** Images a forward pass; the run's own by default. Does not change the result. */
  readonly batch?: number;
  /** A pack of the faces, which then need not be decoded; only one that is a file is looked at. */
  readonly pack?: PackWish | undefined;
  /** Hears in a sentence of what a user should know, such as a pack that is out of date. */
  readonly log?: (line: string) => void;
  /** Threads that read images, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Stops after the batch at hand. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the images done, those of the validation split included. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Hears of faces that are left out. */
  readonly onReject?: OnReject;
  /** Hears of damaged images that are used as far as they go. */
  readonly onDamaged?: OnReject | undefined;
}

/** What `evaluate()` returns. */
export interface Evaluated extends Metrics {
  /** As in {@linkcode Metrics}. */
  readonly faces: readonly FaceCount[];
  /** Only if it was asked for. */
  readonly occlusion?: Occlusion;
}
