/**
 * Where the pictures of a report come from. A run folder that somebody else made may name any file of this
 * machine, and a report is handed on: pictures from elsewhere than the data set are left out.
 */

import { isAbsolute, relative, sep } from "node:path";
import { findTables } from "../../dataset/layout.ts";
import { readPictureFile, webPicture } from "../../image/image.ts";
import type { RunFolder } from "../run_folder.ts";

/** A picture for a page, or why there is none. */
type ShownPicture = { readonly uri: string } | { readonly uri: null; readonly why: string };

/** Gives the pictures of some folders. */
export class PictureSource {
  /** Without links. */
  readonly #folders: readonly string[];

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /**
   * The pictures in the run's own folder, in that of its data set, as its configuration names it, if there is
   * a data set, and in folders that the user names.
   */
  static async open(
    { path, data }: Pick<RunFolder, "path" | "data">,
    named: readonly string[] = [],
  ): Promise<PictureSource> {
    const folders = [path, ...named];
    if (typeof data.dataset === "string" && await isDataset(data.dataset)) {
      folders.push(data.dataset);
    }
    const real = await Promise.all(
      folders.map((folder) => Deno.realPath(folder).catch(() => null)),
    );
    return new PictureSource(real.filter((folder) => folder !== null));
  }

  async picture(path: string): Promise<ShownPicture> {
    // Whatever keeps it from being read, the report is about something else.
    const unreadable = { uri: null, why: "image file not readable" };
    const real = await Deno.realPath(path).catch(() => null);
    if (real === null) return unreadable;
    if (!this.#folders.some((folder) => isInside(folder, real))) {
      return {
        uri: null,
        why: "image not in the data set's folder (report --images DIR shows it)",
      };
    }
    const picture = await readPictureFile(real).then(webPicture).catch(() => null);
    if (picture === null) return unreadable;
    return { uri: `data:${picture.type};base64,${picture.bytes.toBase64()}` };
  }
}

/** Whether a folder has what a data set has: any other folder may hold somebody's photographs. */
async function isDataset(folder: string): Promise<boolean> {
  return await findTables(folder).then(() => true, () => false);
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
