/** The reference's "label repair": a positive label whose mask is empty becomes negative. */

import { ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import { type Face, type InputSize, regionsOf } from "../../face/faces.ts";
import { attributeRegionMasks } from "../../face/regions.ts";
import { regionBitsOf } from "../../face/region_bits.ts";

/** The face without the positive labels that have no pixel in a mask of this size. */
export function repairLabels(face: Face, mask: InputSize): Face {
  const polygons = regionsOf(face.record);
  if (!polygons) return face;
  const bits = regionBitsOf(polygons, mask);
  const seen = bits.reduce((all, word) => all | word, 0);
  const regions = attributeRegionMasks();
  const labels = ATTRIBUTES.reduce(
    (kept, _, a) => hasAttribute(kept, a) && !(seen & regions[a]!) ? kept - 2 ** a : kept,
    face.labels,
  );
  return { ...face, labels };
}
