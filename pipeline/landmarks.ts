/**
 * The landmarks stage: 68 points on every face.
 *
 * Faces are found and points are placed by the networks of face-api (npm @vladmandic/face-api), on
 * worker threads that also decode the images. Points are continuous coordinates: a pixel covers 0 to
 * 1 of the image's first column, so that cutting off the fraction gives the pixel a point lies in.
 *
 * @module
 */

import type { TreeCascade } from "../kernels/tree_cascade_job.ts";
import type { Box, FaceRecord } from "./face/record.ts";
import type { Stage } from "./streams/to_stream.ts";
import { roundHundredth } from "./face/record_json.ts";
import type { DetectorName } from "./landmarks/detection/detector_names.ts";
import { faceName } from "./face/face_name.ts";
import {
  type FaceAnswer,
  type FaceRequest,
  type Landmarker,
  WorkerLandmarker,
} from "./landmarks/landmarker.ts";
import { mapInOrder } from "./streams/map_in_order.ts";
import { WorkerPool } from "./streams/worker_pool.ts";

export { type DetectorName, DETECTORS } from "./landmarks/detection/detector_names.ts";
export type { PlacedFace } from "./landmarks/face_finder.ts";
export {
  type ImportedFace,
  importLandmarks,
  type ImportOptions,
  readImports,
} from "./landmarks/imports.ts";
export type {
  FaceAnswer,
  FaceRequest,
  FoundFaces,
  Landmarker,
  NoFace,
} from "./landmarks/landmarker.ts";
export {
  type JournalOptions,
  LandmarkJournal,
  type LandmarkSettings,
  openJournal,
  unfinishedPath,
} from "./landmarks/files/landmark_journal.ts";
export {
  joinLandmarks,
  type JoinOptions,
  type LandmarkRow,
  readLandmarks,
  rejectedPath,
  turnedPath,
} from "./landmarks/files/landmark_file.ts";
export { type LandmarkWriteOptions, writeLandmarks } from "./landmarks/files/write_landmarks.ts";
export { addBoxes, checkBoxes } from "./landmarks/known_boxes.ts";
export {
  type FaceError,
  type LandmarkRows,
  type LandmarkScore,
  type ScoredFace,
  scoreLandmarks,
  type ScoreOptions,
} from "./landmarks/scoring/score.ts";
export { type WorstOptions, writeWorst } from "./landmarks/scoring/score_pictures.ts";

export { findPredictorFile, PREDICTOR_FILE, readPredictor } from "./landmarks/placing/predictor.ts";
export type { TreeCascade };

/** What {@linkcode landmarks} can be told. */
export interface LandmarkOptions {
  /** How faces are found; `auto` by default. */
  readonly detector?: DetectorName | undefined;
  /** Whether every face becomes a record of its own, and not only the one that matters most. */
  readonly allFaces?: boolean | undefined;
  /**
   * Whether every face is taken to be upright. Otherwise an image in which none is so for sure is looked at
   * turned, too, and a record says by how much it has to be turned.
   */
  readonly uprightOnly?: boolean | undefined;
  /** dlib's predictor (see {@linkcode readPredictor}); without it, face-api's network alone. */
  readonly predictor?: TreeCascade | null | undefined;
  /** What runs the predictor; `auto`, the default, takes the GPU if the adapter is hardware. */
  readonly backend?: "auto" | "webgpu" | "wasm" | undefined;
  /** Threads that work at the same time, by default as many as there are cores. */
  readonly workers?: number | undefined;
  /** Stops the stage, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many records have come out. The total is not known here: null. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
  /** Makes what finds the faces, in place of a worker thread. */
  readonly startLandmarker?: (() => Landmarker) | undefined;
}

/**
 * Images that a worker gets at once: dlib's predictor takes a third of the time a face for many faces
 * as for one, since a tree's leaves then stay in the cache.
 */
const BATCH = 16;

/**
 * Records taken from the source and not yet handed on, for each worker: enough that the other workers
 * find something to do while the slowest image (a second, with all detectors) holds up the order.
 */
const IN_FLIGHT_PER_WORKER = 2 * BATCH;

const GPU_FOR = { auto: "hardware", webgpu: "any", wasm: "none" } as const;

/**
 * Finds the face of each record's image, in order.
 *
 * A record comes back with the image's size, the face's box (the data set's own, if it had one) and
 * its points, rounded to 1/100 pixel, or rejected with the reason: "no face found", "not an image: …",
 * "cannot read: …". If all faces are wanted, the others follow as `photo.jpg#2`, `photo.jpg#3`, …. Records that were rejected before, or have points already, pass as they are.
 * One bad image never ends the run, and the number of images does not matter to the memory used.
 *
 * @example Landmarks of a few faces
 * ```ts
 * import { landmarks, openDataset } from "@attparsenet/attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 120 } });
 * for await (const { image, points, rejected } of landmarks()(few)) {
 *   // x and y of the tip of the nose, or why there is no face
 *   console.log(image, rejected ?? points!.subarray(60, 62));
 * }
 * ```
 *
 * @throws {RangeError} If the number of workers is not a positive whole number.
 * @throws {Error} If worker threads cannot be started.
 */
export function landmarks(options: LandmarkOptions = {}): Stage<FaceRecord, FaceRecord> {
  const { detector = "auto", workers = navigator.hardwareConcurrency, signal, onProgress } =
    options;
  const { allFaces = false, uprightOnly = false, predictor = null, backend = "auto" } = options;
  const tools = { predictor, gpu: GPU_FOR[backend] };
  const { startLandmarker = () => new WorkerLandmarker(tools) } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`Cannot find landmarks with ${workers} workers: at least 1 is needed`);
  }
  return async function* (source) {
    const broken = (_: FaceRequest, reason: string): FaceAnswer => ({
      size: null,
      rejected: `the search for the face broke down: ${reason}`,
    });
    await using pool = new WorkerPool({ start: startLandmarker, workers, batch: BATCH, broken });
    const find = async (record: FaceRecord): Promise<FaceRecord[]> => {
      if (record.rejected !== null || record.points !== null) return [record];
      const box = usableBox(record.box);
      const useDamaged = record.damage !== undefined;
      const { path } = record;
      const request = { path, detector, box, all: allFaces, uprightOnly, useDamaged };
      return withAnswer(record, box, await pool.ask(request));
    };
    let done = 0;
    for await (const records of mapInOrder(source, find, workers * IN_FLIGHT_PER_WORKER, signal)) {
      onProgress?.(++done, null);
      yield* records;
    }
  };
}

/** CelebA's box file has boxes of 0 x 0 pixels, which say nothing. */
function usableBox(box: Box | null): Box | null {
  return box !== null && box.width > 0 && box.height > 0 ? box : null;
}

function withAnswer(record: FaceRecord, box: Box | null, answer: FaceAnswer): FaceRecord[] {
  const { size } = answer;
  if ("rejected" in answer) return [{ ...record, size, rejected: answer.rejected }];
  return answer.faces.map((face, i) => ({
    ...record,
    image: faceName(record.image, i),
    size,
    box: i === 0 && box !== null ? box : roundBox(face.box),
    points: face.points.map(roundHundredth),
    ...(answer.damage !== undefined && { damage: answer.damage }),
    ...(face.turn !== 0 && { turn: face.turn }),
  }));
}

/** Files hold two decimals; so do records, so that both ways give the same result. */
function roundBox({ x, y, width, height }: Box): Box {
  return {
    x: roundHundredth(x),
    y: roundHundredth(y),
    width: roundHundredth(width),
    height: roundHundredth(height),
  };
}
