/**
 * Faces in csv files: of this project and of the AttParseNet reference, which name the image in a
 * column of each row, and of OpenFace, which writes a file for each image and calls it after it.
 *
 * Columns are found by their names. OpenFace puts a blank before them (`face, confidence, … x_0, …`)
 * and has hundreds that are of no use here.
 *
 * Source: https://github.com/TadasBaltrusaitis/OpenFace/wiki/Output-Format
 */

import { readCsv } from "../../files/csv.ts";
import { isImageHeading } from "../../image/image_name.ts";
import { oneLine } from "../../files/quoted.ts";
import { findPointColumns, readCell, readPoints } from "../files/point_columns.ts";
import { fault, type ImportedFace, type ImportOptions } from "./imported_face.ts";

/** Columns of this project's own landmarks file: the image and 136 coordinates. */
const OWN_COLUMNS = 137;

/** Columns by which an OpenFace file is known, all its programs together. */
const OPEN_FACE_HEADINGS = ["face", "frame", "confidence", "success"] as const;

/** Where in a row everything is; −1 for what the file does not have. */
interface Columns {
  readonly count: number;
  /** [136]: x0, y0, x1, y1, … */
  readonly points: readonly number[];
  readonly image: number;
  readonly confidence: number;
  /** 0 where OpenFace lost the face. */
  readonly success: number;
  /** Number of a video's frame. */
  readonly frame: number;
}

/**
 * Reads the faces of a csv file. Rows with `success` 0 or `confidence` 0 (or less) are left out, for
 * their points are made up. Several rows of one image are several faces, save in a file that has
 * nothing but the 137 columns of our own: there the second one is a mistake.
 *
 * @param stem What the image is called if the file does not say.
 * @throws {SyntaxError} With `path:line`, if a column is missing, a row has other than the header's
 * columns, something is no number, or the file is about a video.
 */
export async function* readFaceCsv(
  path: string,
  stem: string,
  options: ImportOptions = {},
): AsyncGenerator<ImportedFace> {
  let reader: RowReader | null = null;
  for await (const { line, fields } of readCsv(path, options)) {
    if (reader === null) {
      reader = new RowReader(path, stem, findColumns(fields, `${path}:${line}`));
      continue;
    }
    const face = reader.read(line, fields);
    if (face !== null) yield face;
  }
  if (reader === null) throw fault(`${path}:1`, "the file has no header");
}

function findColumns(header: readonly string[], place: string): Columns {
  const names = header.map((name) => name.trim());
  const points = findPointColumns(names, place);
  const openFace = OPEN_FACE_HEADINGS.map((name) => names.indexOf(name));
  const columns = {
    count: names.length,
    points,
    image: names.findIndex(isImageHeading),
    frame: openFace[1]!,
    confidence: openFace[2]!,
    success: openFace[3]!,
  };
  if (columns.image >= 0) return columns;
  if (openFace.some((column) => column >= 0)) return columns;
  // Our own files are read whatever their first column is called.
  if (columns.count === OWN_COLUMNS && !points.includes(0)) return { ...columns, image: 0 };
  throw fault(place, "no column names the image (image_name), and none is OpenFace's (confidence)");
}

class RowReader {
  readonly #path: string;
  readonly #stem: string;
  readonly #columns: Columns;
  /** The line of each image, where a second one is a mistake. */
  readonly #lines = new Map<string, number>();
  #frame: string | null = null;

  constructor(path: string, stem: string, columns: Columns) {
    this.#path = path;
    this.#stem = stem;
    this.#columns = columns;
  }

  /** The face of a row, or null if there is none. */
  read(line: number, fields: readonly string[]): ImportedFace | null {
    const { count, points, confidence, success } = this.#columns;
    const place = `${this.#path}:${line}`;
    if (fields.length !== count) {
      throw fault(place, `the row has ${fields.length} columns, the header ${count}`);
    }
    const image = this.#imageOf(fields, line, place);
    if (success >= 0 && readCell(fields, success, place) === 0) return null;
    const sure = confidence < 0 ? null : readCell(fields, confidence, place);
    if (sure !== null && sure <= 0) return null;
    return { image, points: readPoints(fields, points, place), box: null, confidence: sure, place };
  }

  #imageOf(fields: readonly string[], line: number, place: string): string {
    if (this.#columns.image < 0) {
      this.#checkFrame(fields, place);
      return this.#stem;
    }
    const image = fields[this.#columns.image]!.trim();
    if (image === "") throw fault(place, "the image's name is empty");
    if (this.#columns.count !== OWN_COLUMNS) return image;
    const first = this.#lines.get(image);
    if (first !== undefined) {
      throw new SyntaxError(
        `Cannot read landmarks: ${place} repeats ${
          oneLine(image, 200)
        }, which line ${first} has already`,
      );
    }
    this.#lines.set(image, line);
    return image;
  }

  /** All rows must be of the same frame: which image another one is, nothing says. */
  #checkFrame(fields: readonly string[], place: string): void {
    if (this.#columns.frame < 0) return;
    const frame = fields[this.#columns.frame]!.trim();
    this.#frame ??= frame;
    if (frame === this.#frame) return;
    throw fault(
      place,
      `the file is about a video (frames ${this.#frame}, ${frame}, …), whose faces belong to no ` +
        "image; OpenFace's FaceLandmarkImg writes a file for each image",
    );
  }
}
