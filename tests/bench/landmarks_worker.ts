/**
 * A thread of `landmarks_bench.ts`: holds pictures, and finds their faces when it is told to.
 *
 * @module
 */

import "../../pipeline/cli/environment.ts";
import { useWasm } from "../../kernels/tfjs_wasm.ts";
import type { TreeCascade } from "../../kernels/tree_cascade_job.ts";
import { FaceFinder, type FaceSearch } from "../../pipeline/landmarks/face_finder.ts";
import { openPredictor } from "../../pipeline/landmarks/predictor.ts";

/** What the thread holds. */
export interface BenchWork {
  readonly searches: readonly FaceSearch[];
  readonly predictor: TreeCascade | null;
}

/** Pictures a call, as the landmarks stage has it. */
const BATCH = 16;

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<BenchWork | "go">) => void) | null;
  postMessage(faces: number): void;
};

let finder: FaceFinder | null = null;
let searches: readonly FaceSearch[] = [];

scope.onmessage = async ({ data }) => {
  if (data !== "go") {
    await useWasm();
    finder = new FaceFinder(await openPredictor({ predictor: data.predictor, gpu: "none" }));
    searches = data.searches;
    scope.postMessage(0);
    return;
  }
  let faces = 0;
  for (let i = 0; i < searches.length; i += BATCH) {
    const found = await finder!.find(searches.slice(i, i + BATCH));
    faces += found.filter(({ length }) => length > 0).length;
  }
  scope.postMessage(faces);
};
