/**
 * The landmarks stage: 68 points on every face.
 *
 * Faces are found and points are placed by the networks of face-api (npm @vladmandic/face-api), on
 * worker threads that also decode the images. Points are continuous coordinates: a pixel covers 0 to
 * 1 of the image's first column, so that cutting off the fraction gives the pixel a point lies in.
 *
 * @module
 */

import type { Box, FaceRecord, Stage } from "./record.ts";
import { roundHundredth } from "./record_json.ts";
import type { DetectorName } from "./landmarks/detectors.ts";
import { type FaceAnswer, type Landmarker, WorkerLandmarker } from "./landmarks/landmarker.ts";
import { LandmarkerPool } from "./landmarks/landmarker_pool.ts";
import { mapInOrder } from "./map_in_order.ts";

export { type DetectorName, DETECTORS } from "./landmarks/detectors.ts";
export type { PlacedFace } from "./landmarks/face_finder.ts";
export type {
  FaceAnswer,
  FaceRequest,
  FoundFace,
  Landmarker,
  NoFace,
} from "./landmarks/landmarker.ts";
export {
  joinLandmarks,
  type LandmarkRow,
  readLandmarks,
  rejectedPath,
  writeLandmarks,
} from "./landmarks/landmark_file.ts";
export { type LandmarkScore, scoreLandmarks } from "./landmarks/score.ts";

/** What {@linkcode landmarks} can be told. */
export interface LandmarkOptions {
  /** How faces are found; `auto` by default. */
  readonly detector?: DetectorName | undefined;
  /** Threads that work at the same time; by default as many as there are cores, and 4 at most. */
  readonly workers?: number | undefined;
  /** Stops the stage, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how many records have come out. The total is not known here: null. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined;
  /** Makes what finds the faces, in place of a worker thread. */
  readonly startLandmarker?: (() => Landmarker) | undefined;
}

/** Beyond this, decoding and the networks wait for memory more than for cores. */
const MAX_DEFAULT_WORKERS = 4;

/**
 * Records taken from the source and not yet handed on, for each worker: enough that the other workers
 * find something to do while the slowest image (a second, with all detectors) holds up the order.
 */
const IN_FLIGHT_PER_WORKER = 16;

/**
 * Finds the face of each record's image, in order.
 *
 * A record comes back with the image's size, the face's box (the data set's own, if it had one) and
 * its points, rounded to 1/100 pixel, or rejected with the reason: "no face found", "not an image: …",
 * "cannot read: …". Records that were rejected before, or have points already, pass as they are.
 * One bad image never ends the run, and the number of images does not matter to the memory used.
 *
 * @throws {RangeError} If the number of workers is not a positive whole number.
 * @throws {Error} If worker threads cannot be started.
 */
export function landmarks(options: LandmarkOptions = {}): Stage<FaceRecord, FaceRecord> {
  const { detector = "auto", workers = defaultWorkers(), signal, onProgress } = options;
  const { startLandmarker = () => new WorkerLandmarker() } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`Cannot find landmarks with ${workers} workers: at least 1 is needed`);
  }
  return async function* (source) {
    using pool = new LandmarkerPool(startLandmarker, workers);
    const find = async (record: FaceRecord): Promise<FaceRecord> => {
      if (record.rejected !== null || record.points !== null) return record;
      const box = usableBox(record.box);
      return withAnswer(record, box, await pool.find({ path: record.path, detector, box }));
    };
    let done = 0;
    for await (const record of mapInOrder(source, find, workers * IN_FLIGHT_PER_WORKER, signal)) {
      onProgress?.(++done, null);
      yield record;
    }
  };
}

function defaultWorkers(): number {
  return Math.min(navigator.hardwareConcurrency, MAX_DEFAULT_WORKERS);
}

/** CelebA's box file has boxes of 0 x 0 pixels, which say nothing. */
function usableBox(box: Box | null): Box | null {
  return box !== null && box.width > 0 && box.height > 0 ? box : null;
}

function withAnswer(record: FaceRecord, box: Box | null, answer: FaceAnswer): FaceRecord {
  const { size } = answer;
  if ("rejected" in answer) return { ...record, size, rejected: answer.rejected };
  return {
    ...record,
    size,
    box: box ?? roundBox(answer.box),
    points: answer.points.map(roundHundredth),
  };
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
