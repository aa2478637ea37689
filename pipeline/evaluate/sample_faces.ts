/** The faces of an evaluation that the report shows with their masks. */

import { resolve } from "node:path";
import { ATTRIBUTES } from "../face/attributes.ts";
import type { Face, InputSize } from "../face/faces.ts";
import { sigmoid } from "../numbers/probability.ts";
import { encodeSample, type Sample } from "./samples.ts";
import type { Prediction } from "../compute/learner.ts";
import type { FaceRegions } from "../train/mask_truth.ts";

/** As many as one looks through. */
const SAMPLE_FACES = 12;

/** Adds faces with masks until there are enough. */
export function takeSamples(
  samples: Sample[],
  faces: readonly Face[],
  { logits, maps }: Prediction,
  { regions, sets }: { readonly regions: readonly FaceRegions[]; readonly sets: Uint32Array },
  mask: InputSize,
): void {
  const A = ATTRIBUTES.length;
  const cells = mask.height * mask.width;
  for (const [index, { record, labels }] of faces.entries()) {
    if (samples.length >= SAMPLE_FACES) break;
    const bits = regions[index]!;
    if (typeof bits === "string" || !record.size) continue;
    samples.push(encodeSample({
      image: record.image,
      path: resolve(record.path),
      size: record.size,
      labels,
      probabilities: logits.subarray(index * A, (index + 1) * A).map(sigmoid),
      mask,
      maps: maps.subarray(index * cells * A, (index + 1) * cells * A),
      ...{ bits, sets },
    }));
  }
}
