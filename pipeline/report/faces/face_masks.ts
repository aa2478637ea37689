/** Which attributes of the sample faces are worth showing, and their masks. */

import { ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import type { Mask } from "./outline.ts";
import type { SampleFace } from "../../evaluate/samples.ts";

/** The true mask of attribute `column`. */
export function trueMask(face: SampleFace, column: number): Mask {
  return { ...face.mask, data: planeOf(face.truth, face, column) };
}

/** The predicted map of attribute `column`, 0 to 255. */
export function predictedMap(face: SampleFace, column: number): Mask {
  return { ...face.mask, data: planeOf(face.predicted, face, column) };
}

function planeOf(planes: Uint8Array, { mask }: SampleFace, column: number): Uint8Array {
  const pixels = mask.height * mask.width;
  return planes.subarray(column * pixels, (column + 1) * pixels);
}

/**
 * Chooses up to `count` attributes for each face out of those that it has and whose true mask is not
 * empty. Only the truth decides, never how well the prediction fits: first what other faces have shown least,
 * then another part of the face than those already chosen, then the smaller part, which is the
 * harder to find. Columns, in the order of `ATTRIBUTES`.
 */
export function chooseAttributes(faces: readonly SampleFace[], count: number): number[][] {
  const shown = new Array<number>(ATTRIBUTES.length).fill(0);
  return faces.map((face) => {
    const candidates = candidatesOf(face);
    const chosen: Candidate[] = [];
    while (chosen.length < count && candidates.length > 0) {
      const cost = ({ column, place, share }: Candidate) =>
        2 * (shown[column] ?? 0) + 3 * chosen.filter((other) => other.place === place).length +
        share;
      candidates.sort((a, b) => cost(a) - cost(b) || a.column - b.column);
      const best = candidates.shift();
      if (!best) break;
      shown[best.column] = (shown[best.column] ?? 0) + 1;
      chosen.push(best);
    }
    return chosen.map(({ column }) => column).sort((a, b) => a - b);
  });
}

interface Candidate {
  readonly column: number;
  /** Equal for masks that are equal. */
  readonly place: string;
  /** Share of the image that the mask covers. */
  readonly share: number;
}

function candidatesOf(face: SampleFace): Candidate[] {
  return ATTRIBUTES.flatMap((_, column) => {
    if (!hasAttribute(face.labels, column)) return [];
    const { data } = trueMask(face, column);
    const covered = data.reduce((sum, bit) => sum + bit, 0);
    return covered === 0 ? [] : [{ column, place: data.toBase64(), share: covered / data.length }];
  });
}
