/** How good the landmarks of a command are, where the true points are known. */

import { join } from "node:path";
import { exists } from "../../files/write_file.ts";
import type { LandmarkRow, LandmarkScore } from "../../landmarks.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { Context } from "../command.ts";

/** The figures, without the faces that they are made of. */
export type ScoreFigures = Omit<LandmarkScore, "errors" | "missedFaces">;

/** Gathers the faces that are found, and scores them against the truth. */
export class LandmarkScoring {
  readonly #truth: string;
  /** Where each image lies, by the names of the images that were looked at. */
  readonly #paths = new Map<string, string>();
  readonly #rows: LandmarkRow[] = [];
  #score: LandmarkScore | null = null;

  /** @param truth A file or folder of landmarks in any form that can be imported. */
  constructor(truth: string) {
    this.#truth = truth;
  }

  /** Reads the truth once, so that a fault in it shows before hours of work and not after them. */
  async check(signal: AbortSignal): Promise<void> {
    const { readImports } = await import("../../landmarks.ts");
    for await (const _ of readImports(this.#truth, { signal }));
  }

  look({ image, path }: FaceRecord): void {
    this.#paths.set(image, path);
  }

  add(image: string, points: Float32Array): void {
    this.#rows.push({ image, points });
  }

  /** The figures over the images that were looked at. */
  async figures(signal: AbortSignal): Promise<ScoreFigures> {
    const { readImports, scoreLandmarks } = await import("../../landmarks.ts");
    const images = new Set(this.#paths.keys());
    this.#score = await scoreLandmarks(this.#rows, readImports(this.#truth, { signal }), {
      images,
    });
    const { errors: _, missedFaces: __, ...figures } = this.#score;
    return figures;
  }

  /** Draws the ten worst faces; returns the paths of the pictures. To be called after `figures`. */
  async writeWorst(
    folder: string,
    { terminal, signal }: Pick<Context, "terminal" | "signal">,
  ): Promise<string[]> {
    if (this.#score === null) throw new Error("Cannot draw the worst faces before they are scored");
    const { readImports, writeWorst } = await import("../../landmarks.ts");
    return await writeWorst({
      score: this.#score,
      predicted: this.#rows,
      truth: readImports(this.#truth, { signal }),
      imageOf: (image) => this.#paths.get(image),
      folder,
      signal,
      onSkip: (reason) => terminal.note(`not drawn: ${reason}`),
    });
  }
}

/** Where a synthetic data set keeps its true points, if it is one. */
export async function truthOf(dataset: string | null): Promise<string | null> {
  if (dataset === null) return null;
  for (const folder of [join(dataset, "Anno"), dataset]) {
    const path = join(folder, "list_landmarks_68.csv");
    if (await exists(path)) return path;
  }
  return null;
}
