/** The columns `x_0…x_67` and `y_0…y_67` of a csv file, wherever they stand. */

import { quoted } from "../../files/quoted.ts";

const COORDINATES = 136;

/**
 * Finds the columns by their names; blanks around a name do not count, its case does (OpenFace calls
 * the three-dimensional points `X_0`).
 *
 * @param place Where the header is, for the error.
 * @returns [136]: the columns of x0, y0, x1, y1, …
 * @throws {SyntaxError} If one is missing.
 */
export function findPointColumns(header: readonly string[], place: string): number[] {
  const index = new Map(header.map((name, column) => [name.trim(), column]));
  return Array.from({ length: COORDINATES }, (_, i) => {
    const name = `${i % 2 === 0 ? "x" : "y"}_${Math.floor(i / 2)}`;
    const column = index.get(name);
    if (column !== undefined) return column;
    throw new SyntaxError(`Cannot read landmarks: the header, ${place}, has no column ${name}`);
  });
}

/**
 * The points of a row.
 *
 * @param columns As of {@linkcode findPointColumns}; the row must have them.
 * @returns f32 [136]: x0, y0, x1, y1, …
 * @throws {SyntaxError} If one is no number, or too large a one.
 */
export function readPoints(
  fields: readonly string[],
  columns: readonly number[],
  place: string,
): Float32Array {
  const points = new Float32Array(COORDINATES);
  for (const [i, column] of columns.entries()) points[i] = readCell(fields, column, place);
  return points;
}

/**
 * The number in a cell, finite as f32 too.
 *
 * @throws {SyntaxError} If it is none.
 */
export function readCell(fields: readonly string[], column: number, place: string): number {
  const text = fields[column]!.trim();
  const value = text === "" ? NaN : Number(text);
  if (Number.isFinite(Math.fround(value))) return value;
  throw noNumber(text, column, place);
}

/** The error about a cell that is no number. */
export function noNumber(text: string, column: number, place: string): SyntaxError {
  return new SyntaxError(
    `Cannot read landmarks: ${quoted(text)} in column ${column + 1} of ${place} is no number`,
  );
}
