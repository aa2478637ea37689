/** Which files are read: one, or all of the known kinds below a folder. */

import { basename, join } from "node:path";
import { filesBelow } from "../../files/folder_files.ts";
import type { ImportOptions } from "./imported_face.ts";

const KINDS = { csv: true, pts: true, xml: true };

/** Kinds of file, each by its extension. */
type ImportKind = keyof typeof KINDS;

/** A file that is to be read. */
export interface ImportFile {
  readonly path: string;
  readonly kind: ImportKind;
  /** Its path below the folder, or its name, without the extension; `/` between folders. */
  readonly stem: string;
}

/**
 * The file, or the .csv, .pts and .xml files of a folder and the folders below it, in natural order
 * (2 before 10). Hidden files and folders are left out; links are followed.
 *
 * @throws {Deno.errors.NotFound} If there is nothing at `path`, or no such file in the folder.
 * @throws {SyntaxError} If the file is of another kind.
 */
export async function* importFiles(
  path: string,
  options: ImportOptions = {},
): AsyncGenerator<ImportFile> {
  if (!(await statOf(path)).isDirectory) {
    const file = fileOf(path, basename(path));
    if (file !== null) return yield file;
    throw new SyntaxError(`Cannot read landmarks: ${path} is neither .csv nor .pts nor .xml`);
  }
  let any = false;
  for await (const name of filesBelow(path, options.signal)) {
    const file = fileOf(join(path, name), name);
    if (file === null) continue;
    any = true;
    yield file;
  }
  if (!any) {
    throw new Deno.errors.NotFound(
      `There are no landmarks (.csv, .pts, .xml) in the folder ${path}.`,
    );
  }
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Deno.errors.NotFound(`There is no file or folder ${path}.`, { cause });
  }
}

/** @param name The file's path below the folder that is read. */
function fileOf(path: string, name: string): ImportFile | null {
  const extension = /\.([^./\\]+)$/.exec(name)?.[1] ?? "";
  const kind = extension.toLowerCase();
  if (!Object.hasOwn(KINDS, kind)) return null;
  return { path, kind: kind as ImportKind, stem: name.slice(0, -extension.length - 1) };
}
