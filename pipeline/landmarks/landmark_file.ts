/**
 * Landmarks as files: `image_name,x_0,…,x_67,y_0,…,y_67`, a row for each face.
 *
 * @module
 */

import { csvRow, readCsv } from "../csv.ts";
import { imageNameFault } from "../dataset/image_name.ts";
import { FileWriter } from "../files.ts";
import { quoted } from "../quoted.ts";
import type { FaceRecord, Stage } from "../record.ts";
import { LandmarkTable } from "./landmark_table.ts";
import { findPointColumns, readPoints } from "./point_columns.ts";
import { readRejections } from "./rejections.ts";

/** A row of a landmarks file. */
export interface LandmarkRow {
  /** The image's name. */
  readonly image: string;
  /** f32 [136]: x0, y0, x1, y1, … */
  readonly points: Float32Array;
}

const POINTS = 68;
const COLUMNS = 1 + 2 * POINTS;
/** Names of the columns after the first, in the order in which they are written. */
const COORDINATE_NAMES = ["x", "y"].flatMap((axis) =>
  Array.from({ length: POINTS }, (_, i) => `${axis}_${i}`)
);

/** Text that is gathered before it goes to the file, in characters. */
const PIECE = 1 << 16;

/** What lies beside a landmarks file: `faces.csv` with the ending `.x` → `faces.x`. */
export function besideLandmarks(out: string, ending: string): string {
  return out.replace(/\.csv$/i, "") + ending;
}

/** Where the rejected images of a landmarks file are listed: `faces.csv` → `faces.rejected.ndjson`. */
export function rejectedPath(out: string): string {
  return besideLandmarks(out, ".rejected.ndjson");
}

/**
 * Passes records on and writes each into one of two files: those with points into the csv file `out`,
 * the others with their reason into {@linkcode rejectedPath}, an object `{"image", "reason"}` a line.
 * The files appear when the last record has passed, and not at all if the stream ends early.
 *
 * @example The files of a search
 * ```ts
 * import { landmarks, openDataset, writeLandmarks } from "attparsenet";
 *
 * const folder = await Deno.makeTempDir();
 * const dataset = await openDataset("data/sample");
 * const few = dataset.records({ shard: { index: 1, count: 240 } });
 * const written = writeLandmarks(`${folder}/faces.csv`)(landmarks()(few));
 * for await (const { image } of written) console.log(image);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function writeLandmarks(out: string): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    await using rows = await FileWriter.open(out);
    await using rejections = await FileWriter.open(rejectedPath(out));
    let text = csvRow(["image_name", ...COORDINATE_NAMES]);
    let rejected = "";
    for await (const record of source) {
      if (record.rejected === null && record.points !== null) {
        text += rowOf(record.image, record.points);
      } else rejected += rejectionOf(record);
      if (text.length > PIECE) {
        await rows.write(text);
        text = "";
      }
      if (rejected.length > PIECE) {
        await rejections.write(rejected);
        rejected = "";
      }
      yield record;
    }
    await rows.write(text);
    await rejections.write(rejected);
    await rejections.commit();
    await rows.commit();
  };
}

function rowOf(image: string, points: Float32Array): string {
  const row: (string | number)[] = [image];
  for (let axis = 0; axis < 2; axis++) {
    for (let i = axis; i < 2 * POINTS; i += 2) row.push(Math.round(points[i]! * 100) / 100);
  }
  return csvRow(row);
}

function rejectionOf({ image, rejected }: FaceRecord): string {
  return JSON.stringify({ image, reason: rejected ?? "there are no landmarks" }) + "\n";
}

/**
 * The rows of a landmarks file, one after the other. Columns are found by their names, so they may
 * come in any order; coordinates are integers or decimals.
 *
 * @throws {SyntaxError} With `path:line`, if there are not 68 points, something is no number, or an
 * image comes twice or has a name that leads out of its folder.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readLandmarks(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<LandmarkRow> {
  let columns: number[] | null = null;
  const lines = new Map<string, number>();
  for await (const { line, fields } of readCsv(path, options)) {
    const place = `${path}:${line}`;
    if (fields.length !== COLUMNS) {
      throw new SyntaxError(
        `Cannot read landmarks: 68 points (137 columns) are needed, ${place} has ${fields.length}`,
      );
    }
    if (columns === null) {
      columns = findPointColumns(fields, place);
      continue;
    }
    const image = fields[0]!;
    const wrong = imageNameFault(image);
    if (wrong !== null) {
      throw new SyntaxError(`Cannot read landmarks: ${place}: the name ${quoted(image)} ${wrong}`);
    }
    const first = lines.get(image);
    if (first !== undefined) {
      throw new SyntaxError(
        `Cannot read landmarks: ${place} repeats ${image}, which line ${first} has already`,
      );
    }
    lines.set(image, line);
    yield { image, points: readPoints(fields, columns, place) };
  }
  if (columns === null) throw new SyntaxError(`Cannot read landmarks: ${path}:1 has no header`);
}

/** What {@linkcode joinLandmarks} can be told. */
export interface JoinOptions {
  /** Stops the stage, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each row that is read with the rows so far. */
  readonly onRow?: (rows: number) => void;
}

/**
 * Gives records the points that a landmarks file has for their image, replacing any they had. A record
 * without a row is rejected, for the reason that stands in {@linkcode rejectedPath} if that is there; one that
 * was rejected before passes as it is. The whole file is read
 * first: 202,599 faces take 110 MB.
 *
 * @example Records with points that were found before
 * ```ts
 * import { joinLandmarks, openDataset } from "attparsenet";
 *
 * const dataset = await openDataset("data/sample");
 * const join = joinLandmarks("data/sample/Anno/list_landmarks_68.csv");
 * for await (const { image, points } of join(dataset.records())) console.log(image, points?.length);
 * ```
 *
 * @throws {SyntaxError} As of {@linkcode readLandmarks}.
 */
export function joinLandmarks(
  path: string,
  options: JoinOptions = {},
): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    const table = new LandmarkTable();
    let rows = 0;
    for await (const { image, points } of readLandmarks(path, options)) {
      table.add(image, points);
      options.onRow?.(++rows);
    }
    const reasons = await readRejections(rejectedPath(path));
    for await (const record of source) {
      options.signal?.throwIfAborted();
      if (record.rejected !== null) {
        yield record;
        continue;
      }
      const points = table.get(record.image);
      const rejected = reasons.get(record.image) ?? `no landmarks in ${path}`;
      yield points ? { ...record, points } : { ...record, points: null, rejected };
    }
  };
}
