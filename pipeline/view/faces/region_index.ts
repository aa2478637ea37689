/** Which regions of each face lie in its picture. */

import type { Extent } from "../../../kernels/rasterize.ts";
import { ATTRIBUTES, hasAttribute } from "../../face/attributes.ts";
import { makePolygons, MAX_CORNERS, writePolygons } from "../../face/region_polygons.ts";
import { ATTRIBUTE_REGIONS, REGIONS } from "../../face/regions.ts";
import { pause, SLICE } from "./slices.ts";
import type { FaceTable } from "./face_table.ts";
import type { FileLandmarks } from "./file_landmarks.ts";

/** Not looked at yet; regions have 14 bits. */
const UNKNOWN = 0xffff;

/** The regions of every attribute as bits, a bit a region. */
const REGION_BITS: readonly number[] = ATTRIBUTES.map((name) =>
  ATTRIBUTE_REGIONS[name].reduce((bits, region) => bits | 1 << REGIONS.indexOf(region), 0)
);

/** Finds the regions of all faces, once and in slices, and keeps them. */
export class RegionIndex {
  readonly #table: FaceTable;
  readonly #frame: Extent | null;
  readonly #polygons = makePolygons(1);
  #bits = new Uint16Array(0);
  #landmarks: FileLandmarks | null = null;

  /** @param frame The size of all pictures; null where they differ, and their right and lower edges are not known. */
  constructor(table: FaceTable, frame: Extent | null) {
    this.#table = table;
    this.#frame = frame;
  }

  /** Looks at all faces, so that {@linkcode RegionIndex.of} need not. */
  async prepare(): Promise<void> {
    if (this.#landmarks !== this.#table.landmarks) {
      this.#bits = new Uint16Array(this.#table.size).fill(UNKNOWN);
      this.#landmarks = this.#table.landmarks;
    }
    for (let id = 0; id < this.#table.size; id++) {
      this.of(id);
      if (id % SLICE === SLICE - 1) await pause();
    }
  }

  /** Bits of the regions of which something lies in the picture; 0 for a face without points. */
  of(id: number): number {
    // What is corrected may change again.
    const isKept = !this.#table.isReplaced(id) && id < this.#bits.length;
    if (isKept && this.#bits[id] !== UNKNOWN) return this.#bits[id]!;
    const points = this.#table.outcome(id)?.points;
    const bits = points ? this.#find(points) : 0;
    if (isKept) this.#bits[id] = bits;
    return bits;
  }

  #find(points: Float32Array): number {
    try {
      writePolygons(points, this.#polygons, 0, 1, 1);
    } catch {
      return 0; // Points that are absurdly far away have no regions.
    }
    return REGIONS.reduce(
      (bits, _, region) => this.#isInside(region) ? bits | 1 << region : bits,
      0,
    );
  }

  /** Whether the box around a region meets the picture. */
  #isInside(region: number): boolean {
    const { polygons, counts } = this.#polygons;
    const { width, height } = this.#frame ?? { width: Infinity, height: Infinity };
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    const from = region * MAX_CORNERS * 2;
    for (let at = from; at < from + 2 * counts[region]!; at += 2) {
      const [x, y] = [polygons[at]!, polygons[at + 1]!];
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return right >= 0 && left < width && bottom >= 0 && top < height;
  }

  /** Whether a face has an attribute by its label, and none of the regions where its mask would be. */
  hasEmptyMask(id: number): boolean {
    const labels = this.#table.labels(id);
    if (labels === null || !this.#table.outcome(id)?.points) return false;
    const bits = this.of(id);
    return REGION_BITS.some((regions, column) =>
      (regions & bits) === 0 && hasAttribute(labels, column)
    );
  }
}
