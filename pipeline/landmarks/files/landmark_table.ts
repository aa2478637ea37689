/** The points of many faces by image name, held compactly. */

import { FloatRows } from "./float_rows.ts";

const COORDINATES = 136;

/** Points of faces by their image's name. */
export class LandmarkTable {
  readonly #index = new Map<string, number>();
  readonly #points = new FloatRows(COORDINATES);

  /** Adds a face, whose name must be new. */
  add(image: string, points: Float32Array): void {
    this.#index.set(image, this.#points.add(points));
  }

  /** A face's points, as a copy, or undefined if there is none of this name. */
  get(image: string): Float32Array | undefined {
    const index = this.#index.get(image);
    return index === undefined ? undefined : this.#points.row(index).slice();
  }
}
