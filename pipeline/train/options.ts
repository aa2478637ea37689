/** What a training is asked for, and what it comes to. */

import type { Backend } from "../compute/backend.ts";
import type { FaceCount } from "../face/face_count.ts";
import type { OnReject } from "../face/faces.ts";
import type { FaceRecord } from "../face/record.ts";
import type { PackWish } from "../pack.ts";
import type { TrainConfig } from "../network/settings.ts";
import type { EpochLine } from "./files/log.ts";
import type { StepTimes } from "./step_times.ts";

/** Options of `train()`. */
export interface TrainOptions {
  /** Faces of the splits train and validation, with labels and points; others are passed over. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The settings; see `trainConfig()`. */
  readonly config: TrainConfig;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** The run folder. */
  readonly out: string;
  /** Goes on with the run in `out` after its last checkpoint. */
  readonly resume?: boolean;
  /** Replaces the run in `out`. */
  readonly force?: boolean;
  /** Whether the caller has taken the folder `out` already, and keeps others out of it. */
  readonly held?: boolean;
  /** Bytes of decoded images that are kept in memory, 2 GiB by default; the rest is read each epoch. */
  readonly pixelBudget?: number;
  /** Where decoded images are packed, so that later epochs and runs need not decode them; nowhere by default. */
  readonly pack?: PackWish;
  /** Threads that read images, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Where the data came from, kept in `config.json`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Stops after the step at hand, for which a checkpoint is written. */
  readonly signal?: AbortSignal;
  /** Called after each step with the images done and the images of all epochs. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Called while kernels are measured ahead of the first step, with the shapes done and all of them. */
  readonly onTuning?: (done: number, total: number) => void;
  /** Called after each epoch. */
  readonly onEpoch?: (line: EpochLine) => void;
  /** Called after each epoch with what its steps took; without it the device is not asked for that. */
  readonly onTimes?: (times: StepTimes) => void;
  /** Hears of faces whose landmarks or images cannot be used, and why. */
  readonly onReject?: OnReject;
  /** Hears of damaged images that are used as far as they go. */
  readonly onDamaged?: OnReject | undefined;
  /** What the stages before made of the faces; kept in `log.ndjson`. */
  readonly counts?: readonly FaceCount[];
  /** Called with what became of the faces of both splits, before the first step. */
  readonly onCount?: (count: FaceCount) => void;
  /** Called after each image that is read before the first step, with those read and all of them. */
  readonly onGather?: (done: number, total: number) => void;
  /** Called when the run has been written down and can be resumed, with the images that it was trained on before. */
  readonly onStart?: (done: number) => void;
  /** Hears in a sentence of what a user should know, such as a damaged checkpoint. */
  readonly log?: (line: string) => void;
}

/** What a run came to. */
export interface TrainResult {
  /** The run folder. */
  readonly run: string;
  /** Faces trained on and validated on. */
  readonly faces: { readonly train: number; readonly validation: number };
  /** What the stages before and this one made of the faces. */
  readonly counts: readonly FaceCount[];
  /** The epoch (from 0) whose weights are in `RUN/model`. */
  readonly bestEpoch: number;
  /** Epochs that are done: fewer than were asked for where validation had stopped improving. */
  readonly epochs: number;
  /** The last epoch's line of the log; null if a resumed run was complete already. */
  readonly last: EpochLine | null;
}
