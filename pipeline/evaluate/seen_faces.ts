/** Faces that are measured although the run knows them: what is measured on those says little about others. */

import { resolve, sep } from "node:path";
import type { Face } from "../face/faces.ts";
import type { SeenFaces } from "../metrics/metrics.ts";
import type { ListedFace } from "../train/faces/face_list.ts";

/** Where a run's faces came from, and which they were. */
export interface KnownFaces {
  /** Null for runs of versions that kept none. */
  readonly list: readonly ListedFace[] | null;
  /** The folder of the run's data set; undefined where that is not known. */
  readonly dataset: unknown;
}

/**
 * Counts faces that a run was trained or validated on. A face is known by its image file, in whatever data set
 * and under whatever name it lies; in the run's own data set by its name too, for files may have been made anew.
 */
export class SeenCounter {
  readonly #known: KnownFaces;
  readonly #byDigest = new Map<string, ListedFace["split"]>();
  readonly #byName = new Map<string, ListedFace["split"]>();
  readonly #counts = { trained: 0, validated: 0 };

  constructor(known: KnownFaces) {
    this.#known = known;
    for (const { image, split, digest } of known.list ?? []) {
      this.#byName.set(image, split);
      // One that is in both splits was trained on.
      if (digest !== "" && this.#byDigest.get(digest) !== "train") {
        this.#byDigest.set(digest, split);
      }
    }
  }

  /** Looks at a face that is measured. */
  add(face: Face): void {
    const split = this.#splitOf(face);
    if (split === "train") this.#counts.trained++;
    if (split === "validation") this.#counts.validated++;
  }

  /** How many were known; null where nothing tells. */
  get count(): SeenFaces | null {
    const { list, dataset } = this.#known;
    return list === null && typeof dataset !== "string" ? null : { ...this.#counts };
  }

  #splitOf({ record, digest = "" }: Face): ListedFace["split"] | undefined {
    const { image, split, path } = record;
    const { list, dataset } = this.#known;
    const isOwn = typeof dataset === "string" && resolve(path).startsWith(dataset + sep);
    if (list) return this.#byDigest.get(digest) ?? (isOwn ? this.#byName.get(image) : undefined);
    return isOwn && split !== null && split !== "test" ? split : undefined;
  }
}
