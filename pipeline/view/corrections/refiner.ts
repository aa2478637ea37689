/** Points as the program's own predictor places them, on a thread that starts with the first request. */

import { roundPoints } from "../../face/record_json.ts";
import { WorkerLandmarker } from "../../landmarks/landmarker.ts";
import { findPredictorFile, readPredictor } from "../../landmarks/placing/predictor.ts";
import { predictorBox } from "../../landmarks/placing/tree_placer.ts";
import { OnDemand } from "../../streams/on_demand.ts";

/** Places points where a person has said a face is; dispose it to end the thread. */
export class Refiner implements AsyncDisposable {
  readonly #landmarker = new OnDemand(openLandmarker);

  /**
   * The points of the face whose rough ones these are.
   *
   * @param path The picture.
   * @param points f32 [136]; what counts is the box around them.
   * @returns f32 [136], or null if the predictor finds no face there.
   */
  async refine(path: string, points: Float32Array): Promise<Float32Array | null> {
    const [box, detector] = [predictorBox(points), "box" as const];
    const request = { path, detector, box, all: false, useDamaged: true, uprightOnly: true };
    const [answer] = await this.#landmarker.use((landmarker) => landmarker.answer([request]));
    return answer && "faces" in answer ? roundPoints(answer.faces[0]!.points) : null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#landmarker[Symbol.asyncDispose]();
  }
}

async function openLandmarker(): Promise<WorkerLandmarker> {
  const path = await findPredictorFile();
  const predictor = path === null ? null : await readPredictor(path);
  return new WorkerLandmarker({ predictor, gpu: "none" });
}
