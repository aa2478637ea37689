/** The measures of *where* that overlaps add up to over a split. */

import { ATTRIBUTES } from "../face/attributes.ts";
import { isLocalised, type MaskOverlap } from "./mask_overlap.ts";
import type { MaskMeasures } from "./measures.ts";
import { share } from "./shares.ts";

const A = ATTRIBUTES.length;

/** What is measured where nothing is. */
export const NO_MASKS: MaskMeasures = {
  localisationIoU: null,
  priorIoU: null,
  pointing: null,
  maskIoU: null,
};

/**
 * Adds up overlaps. Every IoU is one ratio of sums over the split, as segmentation benchmarks since
 * Pascal VOC have it, and not a mean of each face's ratio: a face without the attribute has an empty
 * true mask, for which its own ratio is 0/0 if nothing is predicted and 0 if a single cell is.
 * Summed, cells predicted there simply enlarge the union.
 */
export class OverlapSums {
  readonly #joint = new Ratios();
  readonly #localised = new Ratios();
  readonly #prior = new Ratios();
  readonly #pointing = new Ratios();
  readonly #landmarks = new Ratios();

  /** Whether it is known how regions drawn from landmarks lie on the true ones. */
  hasLandmarks = false;

  add(overlap: MaskOverlap): void {
    const { intersection, union, priorIntersection, priorUnion, pointing } = overlap;
    const { landmarkIntersection, landmarkUnion } = overlap;
    this.hasLandmarks ||= landmarkUnion !== undefined;
    for (let at = 0; at < union.length; at++) {
      const [column, both, either] = [at % A, intersection[at]!, union[at]!];
      this.#joint.add(column, both, either);
      if (!isLocalised(overlap, at)) continue;
      this.#localised.add(column, both, either);
      this.#prior.add(column, priorIntersection?.[at] ?? 0, priorUnion?.[at] ?? 0);
      this.#pointing.add(column, pointing![at]!, 1);
      this.#landmarks.add(column, landmarkIntersection?.[at] ?? 0, landmarkUnion?.[at] ?? 0);
    }
  }

  /** The measures of one attribute over all faces that were added. */
  measures(column: number): MaskMeasures {
    return {
      localisationIoU: this.#localised.of(column),
      priorIoU: this.#prior.of(column),
      pointing: this.#pointing.of(column),
      maskIoU: this.#joint.of(column),
      ...(this.hasLandmarks && { landmarkIoU: this.#landmarks.of(column) }),
    };
  }
}

/** A ratio of sums for each attribute. */
class Ratios {
  readonly #parts = new Float64Array(A);
  readonly #wholes = new Float64Array(A);

  add(column: number, part: number, whole: number): void {
    this.#parts[column]! += part;
    this.#wholes[column]! += whole;
  }

  of(column: number): number | null {
    return share(this.#parts[column]!, this.#wholes[column]!);
  }
}
