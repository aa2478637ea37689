/** The forms in which landmarks are written: see {@linkcode LANDMARK_FILES}. */

import { csvRow } from "../../files/csv.ts";
import { nameFromTable, nameInTable } from "../../image/image_name.ts";
import { fromJson, toJson } from "../../face/record_json.ts";
import type { FaceRecord } from "../../face/record.ts";
import { isNdjson, isSingleFace } from "./landmark_endings.ts";

/** How faces are written. */
export interface LandmarkFormat {
  /** What the file begins with. */
  readonly head: string;
  /** What it has of a face with points. */
  readonly row: (record: FaceRecord, points: Float32Array) => string;
  /** The name of a row's face; `where` begins the message of an error. */
  readonly imageOf: (row: string, where: string) => string;
  /** The row with other points. */
  readonly replaced: (row: string, points: Float32Array, where: string) => string;
}

const POINTS = 68;
/** Names of the columns after the first, in the order in which they are written. */
const COORDINATE_NAMES = ["x", "y"].flatMap((axis) =>
  Array.from({ length: POINTS }, (_, i) => `${axis}_${i}`)
);

const CSV: LandmarkFormat = {
  head: csvRow(["image_name", ...COORDINATE_NAMES]),
  row: ({ image }, points) => csvOf(image, points),
  imageOf: csvImage,
  replaced: (row, points, where) => csvOf(csvImage(row, where), points),
};

function csvOf(image: string, points: Float32Array): string {
  const row: (string | number)[] = [nameInTable(image)];
  for (let axis = 0; axis < 2; axis++) {
    for (let i = axis; i < 2 * POINTS; i += 2) row.push(hundredth(points[i]!));
  }
  return csvRow(row);
}

/** The first cell. Names have no line breaks, so that a row is a line. */
function csvImage(row: string, where: string): string {
  const [, plain, quoted] = /^(?:([^",]*)|"((?:[^"]|"")*)"),/.exec(row) ?? [];
  const cell = plain ?? quoted?.replaceAll('""', '"');
  if (cell !== undefined) return nameFromTable(cell);
  throw new SyntaxError(`${where}: the row does not begin with an image's name`);
}

const PTS: LandmarkFormat = {
  head: "",
  row(_, points) {
    const lines = Array.from(
      { length: POINTS },
      (_, i) => `${hundredth(points[2 * i]!)} ${hundredth(points[2 * i + 1]!)}\n`,
    );
    return `version: 1\nn_points: ${POINTS}\n{\n${lines.join("")}}\n`;
  },
  imageOf: notByRow,
  replaced: notByRow,
};

function notByRow(): never {
  throw new TypeError("A .pts file has no rows: faces are corrected in .csv and .ndjson");
}

const NDJSON: LandmarkFormat = {
  head: "",
  row: (record) => toJson(record) + "\n",
  imageOf: (row, where) => fromJson(row, where).image,
  replaced: (row, points, where) =>
    toJson({ ...fromJson(row, where), points, rejected: null }) + "\n",
};

export function landmarkFormat(path: string): LandmarkFormat {
  if (isNdjson(path)) return NDJSON;
  return isSingleFace(path) ? PTS : CSV;
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
