/**
 * What `landmarks` and `pipeline` do alike: faces found with progress, counted, and scored where the
 * true points are known.
 */

import { resolve } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import type { Dataset } from "../../dataset.ts";
import { countRecords, type FaceCount, FaceCounter, leftOutText } from "../../face/face_count.ts";
import type { LandmarkSettings } from "../../landmarks/files/landmark_journal.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { Stage } from "../../streams/to_stream.ts";
import type { Context } from "../command.ts";
import { tellCounts } from "./face_counts.ts";
import { LandmarkScoring, type ScoreFigures, truthOf } from "./landmark_scoring.ts";
import type { Placing } from "./placing.ts";

export interface LandmarkingJob extends Placing {
  readonly records: AsyncIterable<FaceRecord>;
  readonly total: number;
  /** How many of them were done before. */
  readonly before?: number;
  /** Adds what interrupted work had found: a record for each face. */
  readonly resume?: Stage<FaceRecord, FaceRecord>;
  /** The data set, which may know the true points; null for a plain folder of images. */
  readonly dataset: string | null;
  /** True points in place of the data set's own. */
  readonly truth?: string | undefined;
  /** Where pictures of the worst faces go, if anywhere. */
  readonly worst?: string | undefined;
  /** Where the records go: a stage that writes them and passes them on. */
  readonly write: Stage<FaceRecord, FaceRecord>;
}

export interface LandmarkingResult {
  readonly images: number;
  /** Images in which a face was found. */
  readonly found: number;
  readonly rejected: number;
  /** Faces that have points: more than images where all were wanted. */
  readonly faces: number;
  /** Faces among them that are not upright. */
  readonly turned: number;
  readonly count: FaceCount;
  /** Null where the true points are not known. */
  readonly score: ScoreFigures | null;
  readonly worst?: readonly string[];
}

interface LandmarksFile {
  readonly out: string;
  /** What its rows depend on: see {@linkcode landmarkSettings}. */
  readonly settings: LandmarkSettings;
  /** Whether to start over instead of resuming. */
  readonly restart: boolean;
}

/** Options whose values decide what the rows of a landmarks file are. */
interface RowOptions {
  readonly dataset?: string | undefined;
  readonly images?: string | undefined;
  readonly labels?: string | undefined;
  readonly followLinks?: boolean | undefined;
  readonly damaged?: "reject" | "use" | undefined;
  readonly import?: string | undefined;
  readonly boxes?: string | undefined;
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
}

/**
 * What must match for interrupted work to be resumed: every option that changes a row, all of them in
 * {@linkcode RowOptions}. Seed and backend change none.
 */
export function landmarkSettings(
  options: RowOptions,
  { detector, dlibModel, allFaces, uprightOnly }: Placing,
): LandmarkSettings {
  const { dataset, images, labels, shard, boxes } = options;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(path);
  return {
    dataset: absolute(dataset),
    images: absolute(images),
    labels: absolute(labels),
    links: options.followLinks ? "followed" : undefined,
    damaged: options.damaged === "use" ? "used" : undefined,
    import: absolute(options.import),
    boxes: boxes === "aligned" ? boxes : absolute(boxes),
    detector,
    predictor: dlibModel === null ? "face-api" : `dlib (${resolve(dlibModel)})`,
    faces: allFaces ? "all" : "one",
    turned: uprightOnly ? "never" : undefined,
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
  const { openJournal } = await import("../../landmarks/files/landmark_journal.ts");
  const { terminal, signal } = context;
  const { allFaces } = job;
  await using journal = await openJournal(out, settings, { restart, allFaces, signal });
  const { notice, resumed, resume, write } = journal;
  if (notice !== null) terminal.note(notice);
  if (resumed > 0) {
    const [before, total] = [resumed, job.total].map((count) => count.toLocaleString("en"));
    terminal.note(`${before} of ${total} images were done before`);
  }
  const result = await runLandmarking({ ...job, resume, before: resumed, write }, context, each);
  const corrected = journal.corrected.length;
  if (corrected > 0) terminal.note(`${corrected} as corrected by hand`);
  return result;
}

/** Finds landmarks, hands each record to `each`, and says how many were found and how well. */
export async function runLandmarking(
  job: LandmarkingJob,
  context: Pick<Context, "terminal" | "signal">,
  each: (record: FaceRecord) => void = () => {},
): Promise<LandmarkingResult> {
  const { landmarks } = await import("../../landmarks.ts");
  const { total, dataset, resume = (records) => records, write, worst: folder } = job;
  const { terminal, signal } = context;
  const truth = job.truth ?? await truthOf(dataset);
  const scoring = truth === null ? null : new LandmarkScoring(truth);
  if (job.truth !== undefined) await scoring?.check(signal);
  const onProgress = terminal.progress("landmarks", "images", job.before);
  const find = landmarks({
    ...job,
    signal,
    // Of images that were done before, each face counts.
    onProgress: (done) => onProgress(Math.min(done, total), total),
  });
  const left = terminal.lister("images have no landmarks");
  const damaged = terminal.lister("images are damaged, and used as far as they go");
  const lying = terminal.lister("faces are not upright");
  const counter = new FaceCounter("landmarks");
  let faces = 0;
  const source = noting(job.records, (record) => {
    counter.come();
    scoring?.look(record);
  });
  for await (const record of write(find(resume(source)))) {
    if (record.damage) damaged.add(`${record.image}: used as far as it goes: ${record.damage}`);
    if (record.points === null) {
      counter.leave(record.image, record.rejected ?? "there are no landmarks");
      left.add(`${record.image}: ${record.rejected}`);
    } else {
      faces++;
      if (record.turn) lying.add(`${record.image}: upright when turned by ${record.turn}°`);
      scoring?.add(record.image, record.points);
    }
    each(record);
  }
  terminal.finish();
  left.end();
  damaged.end();
  const turned = lying.end();
  const score = scoring === null ? null : await scoring.figures(signal);
  const { count } = counter;
  const { faces: images, used: found } = count;
  const result = { images, found, rejected: images - found, faces, turned, count, score };
  terminal.note(resultText(result));
  if (found < images) terminal.note(`not found: ${leftOutText(count)}`);
  if (folder === undefined || scoring === null) return result;
  return { ...result, worst: await scoring.writeWorst(folder, context) };
}

/** Shows each record to `note` as it passes. */
async function* noting(
  source: AsyncIterable<FaceRecord>,
  note: (record: FaceRecord) => void,
): AsyncGenerator<FaceRecord> {
  for await (const record of source) {
    note(record);
    yield record;
  }
}

/** `318 of 320 faces found; NME 0.0512 against the true points (above 0.08: 2.1 %)` */
function resultText({ images, found, faces, score }: LandmarkingResult): string {
  const counted = faces === found
    ? `${found} of ${images} faces found`
    : `${faces} faces found in ${found} of ${images} images`;
  if (score === null || score.faces === score.missed) return counted;
  const failed = (100 * score.failureRate).toFixed(1);
  return `${counted}; NME ${
    score.mean.toFixed(4)
  } against the true points (above 0.08: ${failed} %)`;
}

/** The faces of a data set, and what became of them where their landmarks come in. */
export interface FacesWithLandmarks {
  readonly faces: readonly FaceRecord[];
  readonly count: FaceCount;
}

/**
 * The faces of a data set with the points of a landmarks file, all of them before any work.
 *
 * @throws {Error} If the file has none of the data set's images.
 */
export async function facesWithLandmarks(
  path: string,
  dataset: Dataset,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<FacesWithLandmarks> {
  const { joinLandmarks } = await import("../../landmarks.ts");
  const onProgress = terminal.progress("landmarks", "rows");
  const onRow = (rows: number) => onProgress(rows, null);
  const joined = joinLandmarks(path, { signal, onRow })(dataset.records({ signal }));
  const faces = await Array.fromAsync(joined);
  terminal.abandon();
  const count = countRecords("landmarks", faces);
  tellCounts([count], terminal);
  if (faces.length === 0 || faces.some(({ points }) => points !== null)) return { faces, count };
  throw new Error(
    `${path} has no landmarks of ${faces[0]!.image}, nor of any other image of ${dataset.root}: ` +
      "is it another data set's?",
  );
}

/**
 * Adds the points of a landmarks file to records. A face that the file lacks passes unchanged, for stages
 * that can do without points or find them.
 */
export function addLandmarks(path: string, signal: AbortSignal): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    const { joinLandmarks } = await import("../../landmarks.ts");
    const unusable = new Set<string>();
    const noted = noting(source, ({ image, rejected }) => {
      if (rejected !== null) unusable.add(image);
    });
    for await (const record of joinLandmarks(path, { signal })(noted)) {
      const isUsable = record.points === null && !unusable.has(record.image);
      yield isUsable ? { ...record, rejected: null } : record;
    }
  };
}
