/**
 * 68 landmarks from the files of other programs: csv with image names (this project's, AttParseNet's),
 * OpenFace's csv, the .pts of 300-W and iBUG, and the XML of dlib's imglab.
 *
 * Coordinates are kept as the files give them. Programs differ by at most a pixel in where they put
 * the origin (the corner of the first pixel, its centre, or the corner counted from 1), which is less
 * than two people differ who mark the same face, and no file says which it is.
 *
 * @module
 */

import type { FaceRecord } from "../face/record.ts";
import type { Stage } from "../streams/to_stream.ts";
import { readDlibXml } from "./imports/dlib_xml.ts";
import { readFaceCsv } from "./imports/face_csv.ts";
import { FaceStore } from "./imports/face_store.ts";
import { type ImportFile, importFiles } from "./imports/import_files.ts";
import type { ImportedFace, ImportOptions } from "./imports/imported_face.ts";
import { readPts } from "./imports/pts.ts";

export type { ImportedFace, ImportOptions } from "./imports/imported_face.ts";

/**
 * The faces of a file, or of every .csv, .pts and .xml file of a folder and the folders below it, in
 * natural order; hidden ones are left out.
 *
 * @throws {SyntaxError} With `path:line`, if a file is damaged or not of a known kind.
 * @throws {Deno.errors.NotFound} If there is nothing at `path`, or no such file in the folder.
 */
export async function* readImports(
  path: string,
  options: ImportOptions = {},
): AsyncGenerator<ImportedFace> {
  for await (const file of importFiles(path, options)) {
    options.signal?.throwIfAborted();
    yield* facesOf(file, options);
  }
}

async function* facesOf(
  { path, kind, stem }: ImportFile,
  options: ImportOptions,
): AsyncGenerator<ImportedFace> {
  switch (kind) {
    case "csv":
      return yield* readFaceCsv(path, stem, options);
    case "pts":
      return yield await readPts(path, stem, options);
    case "xml":
      return yield* readDlibXml(path, options);
  }
}

/**
 * Gives records the imported points of their image, in 1/100 pixel, replacing any they had, and the
 * imported box if they have none. A record without an imported face passes as it is, so that a later
 * stage can look for it, and so does one that was rejected before. All files are read first.
 *
 * An image is found by its whole name, else by its base name, else by its base name without extension.
 * Of several faces it is the one nearest to the record's box; without a box it is the largest, where a
 * face counts less that the other program was less sure of.
 *
 * @throws {SyntaxError} As of {@linkcode readImports}, and if two imported images fit a record equally.
 * @throws {Deno.errors.NotFound} As of {@linkcode readImports}.
 */
export function importLandmarks(
  path: string,
  options: ImportOptions = {},
): Stage<FaceRecord, FaceRecord> {
  return async function* (source) {
    const faces = new FaceStore();
    for await (const face of readImports(path, options)) faces.add(face);
    for await (const record of source) {
      options.signal?.throwIfAborted();
      const found = record.rejected === null ? faces.find(record) : null;
      yield found === null
        ? record
        : { ...record, points: found.points, box: record.box ?? found.box };
    }
  };
}
