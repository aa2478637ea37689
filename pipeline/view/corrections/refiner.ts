/** Points as the program's own predictor places them, on a thread that starts with the first request. */

import { roundPoints } from "../../face/record_json.ts";
import { WorkerLandmarker } from "../../landmarks/landmarker.ts";
import { findPredictorFile, readPredictor } from "../../landmarks/placing/predictor.ts";
import { predictorBox } from "../../landmarks/placing/tree_placer.ts";

/** Places points where a person has said a face is; dispose it to end the thread. */
export class Refiner implements AsyncDisposable {
  #landmarker: Promise<WorkerLandmarker> | null = null;

  /**
   * The points of the face whose rough ones these are.
   *
   * @param path The picture.
   * @param points f32 [136]; what counts is the box around them.
   * @returns f32 [136], or null if the predictor finds no face there.
   */
  async refine(path: string, points: Float32Array): Promise<Float32Array | null> {
    const landmarker = this.#landmarker ??= openLandmarker();
    const [box, detector] = [predictorBox(points), "box" as const];
    const request = { path, detector, box, all: false, useDamaged: true, uprightOnly: true };
    try {
      const [answer] = await (await landmarker).answer([request]);
      return answer && "faces" in answer ? roundPoints(answer.faces[0]!.points) : null;
    } catch (error) {
      // The next request gets another one.
      if (this.#landmarker === landmarker) await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const landmarker = this.#landmarker;
    this.#landmarker = null;
    await (await landmarker?.catch(() => null))?.[Symbol.asyncDispose]();
  }
}

async function openLandmarker(): Promise<WorkerLandmarker> {
  const path = await findPredictorFile();
  const predictor = path === null ? null : await readPredictor(path);
  return new WorkerLandmarker({ predictor, gpu: "none" });
}
