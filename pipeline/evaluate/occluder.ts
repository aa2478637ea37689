/**
 * The part of an evaluation that occludes faces: it notes some of those that pass by, and measures them
 * when the others have been.
 */

import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Backend } from "../compute/backend.ts";
import {
  EvenChoice,
  measureOcclusion,
  networkLogits,
  type Occlusion,
  type OcclusionJob,
} from "./occlusion.ts";
import type { FaceRecord, Split } from "../face/record.ts";

/** Whether and how regions are occluded. */
export interface OccludeOptions {
  /** Faces at most, chosen evenly from those of the split that have landmarks; 300 by default. */
  readonly faces?: number;
  /** Called after each face with the faces done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Faces that are occluded unless told otherwise: a mean's interval is then narrow enough to be read. */
const OCCLUDED_FACES = 300;

/** What the rest of the evaluation has. */
interface OccludedRun extends Pick<OcclusionJob, "learnt" | "batch" | "reader"> {
  readonly sizes: { readonly input: OcclusionJob["input"] };
  readonly options: Pick<OcclusionJob, "signal">;
  readonly backend: Backend;
  /** Prepared for the backend. */
  readonly network: LayersModel;
}

/** Chooses faces of a split, and occludes them. */
export class Occluder {
  readonly #options: OccludeOptions;
  readonly #split: Split;
  readonly #chosen: EvenChoice<FaceRecord>;

  constructor(options: OccludeOptions, split: Split) {
    this.#options = options;
    this.#split = split;
    this.#chosen = new EvenChoice(options.faces ?? OCCLUDED_FACES);
  }

  /** Lets records pass, and notes some that can be occluded: images are read again when they are. */
  async *note(records: AsyncIterable<FaceRecord>): AsyncGenerator<FaceRecord> {
    for await (const record of records) {
      const { split, points, labels, rejected } = record;
      if (split === this.#split && points && labels !== null && rejected === null) {
        this.#chosen.add(record);
      }
      yield record;
    }
  }

  /** Measures what was noted. */
  async measure(
    { backend, network, learnt, sizes, batch, reader, options }: OccludedRun,
  ): Promise<Occlusion> {
    const { input } = sizes;
    using forward = networkLogits(backend, network, input, batch);
    return await measureOcclusion({
      ...{ learnt, input, batch, reader, signal: options.signal },
      split: this.#split,
      records: this.#chosen.items,
      logits: forward.logits,
      onProgress: this.#options.onProgress,
    });
  }
}
