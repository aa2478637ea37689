/** Counting how the regions drawn from landmarks lie on those of another truth. */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import type { MaskOverlap } from "../metrics/mask_overlap.ts";
import { type FaceRegions, LANDMARK_TRUTH } from "./mask_truth.ts";

const A = ATTRIBUTES.length;

/**
 * Counts cells by face and attribute, where the face has the attribute and the truth shows its region.
 *
 * truth      B  regions of the faces, made up by `sets`, u32 [A]
 * landmarks  B  regions drawn from landmarks; faces without are left out
 * labels     B  label bits
 */
export function countLandmarks(
  truth: readonly FaceRegions[],
  sets: Uint32Array,
  landmarks: readonly FaceRegions[],
  labels: readonly number[],
): Required<Pick<MaskOverlap, "landmarkIntersection" | "landmarkUnion">> {
  const landmarkIntersection = new Uint32Array(labels.length * A);
  const landmarkUnion = new Uint32Array(labels.length * A);
  for (const [face, label] of labels.entries()) {
    const [here, drawn] = [truth[face]!, landmarks[face]!];
    if (typeof here === "string" || typeof drawn === "string") continue;
    for (let a = 0; a < A; a++) {
      if (!hasAttribute(label, a)) continue;
      let [region, both, either] = [0, 0, 0];
      for (let cell = 0; cell < here.length; cell++) {
        const isTrue = (here[cell]! & sets[a]!) !== 0;
        const isDrawn = (drawn[cell]! & LANDMARK_TRUTH.sets[a]!) !== 0;
        if (isTrue) region++;
        if (isTrue && isDrawn) both++;
        if (isTrue || isDrawn) either++;
      }
      if (region === 0) continue;
      landmarkIntersection[face * A + a] = both;
      landmarkUnion[face * A + a] = either;
    }
  }
  return { landmarkIntersection, landmarkUnion };
}
