/**
 * What `landmarks` and `pipeline` do alike: faces found with progress, counted, and scored where the
 * true points are known.
 *
 * @module
 */

import { join, resolve } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { exists } from "../files.ts";
import type { DetectorName, LandmarkRow, LandmarkScore } from "../landmarks.ts";
import type { LandmarkSettings } from "../landmarks/landmark_journal.ts";
import type { FaceRecord, Stage } from "../record.ts";
import { type Context, defaulted } from "./command.ts";
import { choice } from "./kinds.ts";

/** The option that says how faces are found. */
export const DETECTOR = {
  detector: defaulted(
    choice("auto", "tiny", "ssd", "aligned"),
    "auto",
    "how faces are found: quick, then thorough; only one; or not at all in aligned images",
  ),
};

/** What is to be found. */
export interface LandmarkingJob {
  readonly records: AsyncIterable<FaceRecord>;
  /** How many records there are. */
  readonly total: number;
  readonly detector: DetectorName;
  /** The data set, which may know the true points; null for a plain folder of images. */
  readonly dataset: string | null;
  /** Where the records go: a stage that writes them and passes them on. */
  readonly write: Stage<FaceRecord, FaceRecord>;
}

/** What was found. */
export interface LandmarkingResult {
  readonly images: number;
  readonly found: number;
  readonly rejected: number;
  /** Null where the true points are not known. */
  readonly score: Omit<LandmarkScore, "errors"> | null;
}

/** A landmarks file to write. */
export interface LandmarksFile {
  readonly out: string;
  /** What its rows depend on: see {@linkcode landmarkSettings}. */
  readonly settings: LandmarkSettings;
  /** Whether to start anew in any case, instead of going on with interrupted work. */
  readonly restart: boolean;
}

/** Options whose values decide what the rows of a landmarks file are. */
interface RowOptions {
  readonly dataset?: string | undefined;
  readonly images?: string | undefined;
  readonly labels?: string | undefined;
  readonly import?: string | undefined;
  readonly detector: DetectorName;
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
}

/**
 * What interrupted work must have in common with the work that goes on with it. An option that changes
 * a row must be among {@linkcode RowOptions}; seed and backend change none.
 */
export function landmarkSettings(options: RowOptions): LandmarkSettings {
  const { dataset, images, labels, detector, shard } = options;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(path);
  return {
    dataset: absolute(dataset),
    images: absolute(images),
    labels: absolute(labels),
    import: absolute(options.import),
    detector,
    shard: shard && `${shard.index}/${shard.count}`,
    version: config.version,
  };
}

/** Finds landmarks for a file as {@linkcode runLandmarking} does, going on with interrupted work. */
export async function runLandmarkingInto(
  { out, settings, restart }: LandmarksFile,
  job: Omit<LandmarkingJob, "write">,
  context: Pick<Context, "terminal" | "signal">,
  each?: (record: FaceRecord) => void,
): Promise<LandmarkingResult> {
  const { openJournal } = await import("../landmarks/landmark_journal.ts");
  const { terminal, signal } = context;
  await using journal = await openJournal(out, settings, { restart, signal });
  const { notice, resumed, resume, write } = journal;
  if (notice !== null) terminal.note(notice);
  if (resumed > 0) {
    const [before, total] = [resumed, job.total].map((count) => count.toLocaleString("en"));
    terminal.note(`${before} of ${total} images were done before`);
  }
  return await runLandmarking({ ...job, records: resume(job.records), write }, context, each);
}

/** Finds landmarks, hands each record to `each`, and says how many were found and how well. */
export async function runLandmarking(
  { records, total, detector, dataset, write }: LandmarkingJob,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
  each: (record: FaceRecord) => void = () => {},
): Promise<LandmarkingResult> {
  const { landmarks } = await import("../landmarks.ts");
  const truth = dataset === null ? null : await truthOf(dataset);
  const onProgress = terminal.progress("landmarks", "images");
  const find = landmarks({ detector, signal, onProgress: (done) => onProgress(done, total) });
  const left = terminal.lister("images have no landmarks");
  const images = new Set<string>();
  const rows: LandmarkRow[] = [];
  let [seen, found] = [0, 0];
  for await (const record of write(find(records))) {
    seen++;
    if (truth !== null) images.add(record.image);
    if (record.points === null) left.add(`${record.image}: ${record.rejected}`);
    else {
      found++;
      if (truth !== null) rows.push({ image: record.image, points: record.points });
    }
    each(record);
  }
  terminal.finish();
  left.end();
  const score = truth === null ? null : await scoreOf(rows, truth, images);
  terminal.note(resultText({ images: seen, found, rejected: seen - found, score }));
  return { images: seen, found, rejected: seen - found, score };
}

/** `318 of 320 faces found; NME 0.0512 against the true points (above 0.08: 2.1 %)` */
function resultText({ images, found, score }: LandmarkingResult): string {
  const counted = `${found} of ${images} faces found`;
  if (score === null || score.faces === score.missed) return counted;
  const failed = (100 * score.failureRate).toFixed(1);
  return `${counted}; NME ${
    score.mean.toFixed(4)
  } against the true points (above 0.08: ${failed} %)`;
}

/** Where a synthetic data set keeps its true points, if it is one. */
async function truthOf(dataset: string): Promise<string | null> {
  for (const folder of [join(dataset, "Anno"), dataset]) {
    const path = join(folder, "list_landmarks_68.csv");
    if (await exists(path)) return path;
  }
  return null;
}

/** The score over the images that were looked at. */
async function scoreOf(
  rows: readonly LandmarkRow[],
  truth: string,
  images: ReadonlySet<string>,
): Promise<LandmarkingResult["score"]> {
  const { readLandmarks, scoreLandmarks } = await import("../landmarks.ts");
  const wanted = async function* () {
    for await (const row of readLandmarks(truth)) if (images.has(row.image)) yield row;
  };
  const { errors: _, ...score } = await scoreLandmarks(rows, wanted());
  return score;
}

/**
 * Gives records the points of a landmarks file; a face that the file does not have stays as it is, for
 * stages that can do without its points or look for them.
 */
export function addLandmarks(path: string, signal: AbortSignal): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    const { joinLandmarks } = await import("../landmarks.ts");
    for await (const record of joinLandmarks(path, { signal })(source)) {
      yield record.points === null ? { ...record, rejected: null } : record;
    }
  };
}
