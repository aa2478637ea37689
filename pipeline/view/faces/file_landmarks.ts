/** What a landmarks file and its list of rejected images said when they were read. */

import { isNotThere } from "../../files/write_file.ts";
import { NOT_YET, type Outcome } from "../../landmarks/corrections/corrections.ts";
import { readTable, rejectedPath } from "../../landmarks/files/landmark_file.ts";
import { LandmarkTable } from "../../landmarks/files/landmark_table.ts";
import { readRejections } from "../../landmarks/files/rejections.ts";
import { pause, SLICE } from "./slices.ts";

/** The landmarks of both files, by images' names and faces' ids. */
export class FileLandmarks {
  readonly #points: LandmarkTable;
  readonly #rejections: ReadonlyMap<string, string>;
  /** Whether each face has points: names are slow to look up. */
  readonly #found: Uint8Array;

  private constructor(
    points: LandmarkTable,
    rejections: ReadonlyMap<string, string>,
    found: Uint8Array,
  ) {
    [this.#points, this.#rejections, this.#found] = [points, rejections, found];
  }

  /**
   * Reads both; a file that is not there yet has no points.
   *
   * @param names The faces' images.
   * @throws {SyntaxError} As of `readLandmarks`.
   */
  static async read(
    path: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<FileLandmarks> {
    const points = await readTable(path, { signal }).catch((error) => {
      if (isNotThere(error)) return new LandmarkTable();
      throw error;
    });
    const rejections = await readRejections(rejectedPath(path));
    const found = new Uint8Array(names.length);
    for (const [id, name] of names.entries()) {
      if (points.get(name)) found[id] = 1;
      if (id % SLICE === SLICE - 1) await pause();
    }
    return new FileLandmarks(points, rejections, found);
  }

  /** Whether the face has points. */
  has(id: number): boolean {
    return this.#found[id] === 1;
  }

  of(image: string): Outcome {
    const points = this.#points.get(image);
    if (points) return { points, reason: null };
    return { points: null, reason: this.#rejections.get(image) ?? NOT_YET };
  }
}
