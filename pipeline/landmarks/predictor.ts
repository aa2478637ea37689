/**
 * dlib's predictor of 68 points: where its file is found, and what runs it.
 *
 * @module
 */

import { join } from "node:path";
import { placePointsByTree } from "../../kernels/cpu/tree_cascade_by_tree.ts";
import { Gpu } from "../../kernels/gpu.ts";
import { LoadedCascade, toWindowPixels, type TreeCascade } from "../../kernels/tree_cascade.ts";
import { exists } from "../files.ts";
import type { ChosenTools } from "./landmarker.ts";
import { parseShapePredictor } from "./shape_predictor_file.ts";
import type { PredictPoints } from "./tree_placer.ts";

/** What the predictor's file is called, in Debian's package libdlib-data as on dlib.net. */
export const PREDICTOR_FILE = "shape_predictor_68_face_landmarks.dat";

/** Folders in which it is looked for: the current one's `models`, then where packages put it. */
const FOLDERS = ["models", "/usr/share/dlib", "/usr/local/share/dlib", "/opt/homebrew/share/dlib"];

/** The predictor's file, or null if this machine has none where one is looked for. */
export async function findPredictorFile(): Promise<string | null> {
  for (const folder of FOLDERS) {
    const path = join(folder, PREDICTOR_FILE);
    if (await exists(path)) return path;
  }
  return null;
}

/**
 * Reads the predictor's file: 100 MB in half a second, 66 MB of which stay in memory.
 *
 * @throws {SyntaxError} If it is damaged, or something else.
 * @throws {Deno.errors.NotFound} If there is none.
 */
export async function readPredictor(path: string): Promise<TreeCascade> {
  return parseShapePredictor(await Deno.readFile(path), path);
}

/**
 * Makes the predictor ready, on the adapter that is wanted or on the CPU.
 *
 * @returns What throws a `DeviceLost` when the adapter is lost.
 */
export async function openPredictor(
  { predictor, gpu: wanted }: ChosenTools,
): Promise<PredictPoints | null> {
  if (predictor === null) return null;
  const gpu = wanted === "none" ? null : await Gpu.open();
  // As fast as a software adapter on the same cores, and with nothing to read back.
  if (gpu === null) return (job) => placePointsByTree(predictor, job);
  const cascade = new LoadedCascade(gpu, predictor);
  return async (job) => {
    const faces = job.windows.length / 3;
    if (faces === 0) return new Float32Array(0);
    try {
      const buffer = cascade.placePoints(job);
      const shapes = new Float32Array(await gpu.read(buffer, 4 * 136 * faces));
      gpu.destroy(buffer);
      toWindowPixels(shapes, job);
      return shapes;
    } catch (error) {
      throw await gpu.causeOf(error);
    }
  };
}
