/** Landmarks as files: `image_name,x_0,…,x_67,y_0,…,y_67`, a row for each face. */

import type { FaceRecord } from "../../face/record.ts";
import type { Stage } from "../../streams/to_stream.ts";
import { readRecords } from "../../face/record_json.ts";
import { besideLandmarks, isNdjson } from "./landmark_endings.ts";
import { LandmarkTable } from "./landmark_table.ts";
import { readRejections } from "./rejections.ts";

/** A row of a landmarks file. */
export interface LandmarkRow {
  /** The image's name. */
  readonly image: string;
  /** f32 [136]: x0, y0, x1, y1, … */
  readonly points: Float32Array;
}

/** Where the rejected images of a landmarks file are listed: `faces.csv` → `faces.rejected.ndjson`. */
export function rejectedPath(out: string): string {
  return besideLandmarks(out, ".rejected.ndjson");
}

/** Where the faces that are not upright are listed, if there are any: `faces.csv` → `faces.turned.ndjson`. */
export function turnedPath(out: string): string {
  return besideLandmarks(out, ".turned.ndjson");
}

/**
 * The rows of a landmarks file, one after the other: csv, or records with points (`.ndjson`). Columns are found
 * by their names, so they may come in any order; coordinates are integers or decimals.
 *
 * @throws {SyntaxError} With `path:line`, if there are not 68 points, something is no number, or an
 * image comes twice or has a name that leads out of its folder.
 * @throws {Deno.errors.NotFound} If there is no such file.
 */
export async function* readLandmarks(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<LandmarkRow> {
  if (isNdjson(path)) return yield* readPlaced(path, options.signal);
  const table = new LandmarkTable();
  const { names, points } = table;
  let face = 0;
  for await (const rows of table.read(path, options.signal)) {
    for (let row = 0; face < rows; row++, face++) {
      yield { image: names.name(face), points: points.row(row).slice() };
    }
    points.clear();
  }
}

/** The records of a file that have points. */
async function* readPlaced(path: string, signal?: AbortSignal): AsyncGenerator<LandmarkRow> {
  const seen = new Set<string>();
  for await (const { image, points } of readRecords((await Deno.open(path)).readable, path)) {
    signal?.throwIfAborted();
    if (points === null) continue;
    if (seen.has(image)) throw new SyntaxError(`Cannot read landmarks: ${path} repeats ${image}`);
    seen.add(image);
    yield { image, points };
  }
}

/** What {@linkcode joinLandmarks} can be told. */
export interface JoinOptions {
  /** Stops the stage, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the number of rows read so far. */
  readonly onRow?: (rows: number) => void;
}

/**
 * Gives records the points that a landmarks file has for their image, replacing any they had. A record
 * without a row is rejected, for the reason that stands in {@linkcode rejectedPath} if that is there; one that
 * was rejected before passes as it is. The whole file is read
 * first, and the points are views of it: 202,599 faces take 115 MB, for as long as one of them is held.
 *
 * @example Records with points that were found before
 * ```ts
 * import { joinLandmarks, openDataset } from "@attparsenet/attparsenet";
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
    const table = await readTable(path, options);
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

/**
 * All rows of a landmarks file.
 *
 * @throws {SyntaxError} As of {@linkcode readLandmarks}.
 */
export async function readTable(
  path: string,
  { signal, onRow }: JoinOptions = {},
): Promise<LandmarkTable> {
  const table = new LandmarkTable();
  if (!isNdjson(path)) {
    for await (const rows of table.read(path, signal)) onRow?.(rows);
    return table;
  }
  for await (const { image, points } of readPlaced(path, signal)) {
    table.add(image, points);
    onRow?.(table.names.size);
  }
  return table;
}
