/** The points of many faces by image name, held compactly: 202,599 faces take 115 MB. */

import { checkImageCell, nameFromTable } from "../../image/image_name.ts";
import type { Cells } from "../../files/tables/cells.ts";
import { NameTable } from "../../files/tables/name_table.ts";
import { tableParts, type TableReader } from "../../files/tables/text_table.ts";
import { FloatRows } from "./float_rows.ts";
import { findPointColumns, noNumber } from "./point_columns.ts";

const COORDINATES = 136;
const COLUMNS = 1 + COORDINATES;
/** Stands for the column of the image. */
const IMAGE = -1;
const DOT = 46;

/** Points of faces by their image's name, read from a csv file or added one by one. */
export class LandmarkTable implements TableReader {
  /** The images, in the file's order. */
  readonly names: NameTable = new NameTable();
  /** f32 [faces, 136]: x0, y0, x1, y1, … */
  readonly points: FloatRows = new FloatRows(COORDINATES);
  /** The line of each image. */
  readonly #lines: number[] = [];
  /** For every column of the file the place of its coordinate, or IMAGE. */
  #places: Int16Array | null = null;

  /**
   * Reads a csv file part by part; yields how many rows there are so far.
   *
   * @throws {SyntaxError} As of `readLandmarks`.
   */
  async *read(path: string, signal?: AbortSignal): AsyncGenerator<number> {
    yield* tableParts(path, this, signal);
    if (this.#places !== null) return;
    throw new SyntaxError(`Cannot read landmarks: ${path}:1 has no header`);
  }

  /** Adds a face, whose name must be new. */
  add(image: string, points: Float32Array): void {
    this.names.addName(image);
    this.points.add(points);
  }

  /** A face's points, not a copy, or undefined if there is none of this name. */
  get(image: string): Float32Array | undefined {
    const index = this.names.indexOf(image);
    return index < 0 ? undefined : this.points.row(index);
  }

  header(cells: readonly string[], table: Cells): boolean {
    if (cells.length !== COLUMNS) throw wrongWidth(table, cells.length);
    const columns = findPointColumns(cells, placeOf(table));
    this.#places = new Int16Array(COLUMNS).fill(IMAGE);
    for (const [place, column] of columns.entries()) this.#places[column] = place;
    return true;
  }

  row(cells: Cells): void {
    const places = this.#places!;
    const points = this.points.next();
    for (let column = 0; column < COLUMNS; column++) {
      if (!cells.next()) throw wrongWidth(cells, column);
      const place = places[column] as number;
      if (place === IMAGE) {
        this.#addImage(cells);
        continue;
      }
      const value = points[place] = Math.fround(cells.number());
      if (!Number.isFinite(value)) {
        throw noNumber(cells.text(), column, placeOf(cells));
      }
    }
    if (cells.next()) throw wrongWidth(cells, COLUMNS + 1 + cells.texts().length);
  }

  #addImage(cells: Cells): void {
    checkImageCell(cells);
    const { bytes, start, stop, line } = cells;
    const index = bytes[start] === DOT
      ? this.names.addName(nameFromTable(cells.text()))
      : this.names.add(bytes, start, stop);
    if (index >= 0) {
      this.#lines[index] = line;
      return;
    }
    const image = nameFromTable(cells.text());
    const first = this.#lines[this.names.indexOf(image)];
    throw new SyntaxError(
      `Cannot read landmarks: ${placeOf(cells)} repeats ${image}, which line ${first} has already`,
    );
  }
}

function placeOf({ path, line }: Cells): string {
  return `${path}:${line}`;
}

function wrongWidth(cells: Cells, found: number): SyntaxError {
  return new SyntaxError(
    `Cannot read landmarks: 68 points (${COLUMNS} columns) are needed, ${
      placeOf(cells)
    } has ${found}`,
  );
}
