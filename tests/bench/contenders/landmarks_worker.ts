/** A thread of `landmarks_bench.ts`: holds pictures, and finds their faces when it is told to. */

import "../../../pipeline/cli/environment.ts";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import type { TreeCascade } from "../../../kernels/tree_cascade_job.ts";
import { FaceFinder, type FaceSearch } from "../../../pipeline/landmarks/face_finder.ts";
import { openPredictor } from "../../../pipeline/landmarks/placing/predictor.ts";

/** What the thread holds. */
export interface BenchWork {
  readonly searches: readonly FaceSearch[];
  readonly predictor: TreeCascade | null;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<BenchWork | BenchPart>) => void) | null;
  postMessage(faces: number): void;
};

/** Which of the pictures to look at now. */
export interface BenchPart {
  readonly from: number;
  readonly to: number;
}

let finder: FaceFinder | null = null;
let searches: readonly FaceSearch[] = [];

scope.onmessage = async ({ data }) => {
  if ("searches" in data) {
    await useWasm();
    finder = new FaceFinder(openPredictor({ predictor: data.predictor, gpu: null }));
    searches = data.searches;
    scope.postMessage(0);
    return;
  }
  const found = await finder!.find(searches.slice(data.from, data.to));
  scope.postMessage(found.filter(({ length }) => length > 0).length);
};
