/** dlib's predictor of 68 points: where its file is found, and what runs it. */

import { join } from "node:path";
import { placePointsByTree } from "../../../kernels/wasm/tree_cascade.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { LoadedCascade, toWindowPixels, type TreeCascade } from "../../../kernels/tree_cascade.ts";
import { exists } from "../../files/write_file.ts";
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

/** What runs the predictor; null where there is none. */
interface PredictorTools {
  readonly predictor: TreeCascade | null;
  /** The device, which is borrowed for as long as the predictor is used; null runs it on the CPU. */
  readonly gpu: Gpu | null;
}

/**
 * Makes the predictor ready.
 *
 * @returns What throws a `DeviceLost` when the device is lost.
 */
export function openPredictor({ predictor, gpu }: PredictorTools): PredictPoints | null {
  if (predictor === null) return null;
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
