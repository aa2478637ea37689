/**
 * What lies in the folders of a data set's images: which file is whose, and which images have no labels.
 */

import { dirname } from "node:path";
import type { NameTable } from "../files/tables/name_table.ts";
import { isImageFile } from "../image/image_name.ts";
import { shareAlike } from "./alike_names.ts";
import { imagePath } from "./layout.ts";
import type { LinkGuard } from "./links.ts";

/** Where a data set's images should lie. */
interface NamedImages {
  /** Folder that the names are relative to. */
  readonly images: string;
  /** The faces, as the label file names them. */
  readonly names: NameTable;
  /** The label file, for messages. */
  readonly labels: string;
  readonly links: LinkGuard;
}

/** What {@linkcode listImages} has found. Names begin with folders as the label file spells these. */
export interface ImageListing {
  /** By face: the file's name, where it is not the one in the label file. */
  readonly files: ReadonlyMap<number, string>;
  /**
   * Images without labels in the folders of those that have some. What else lies below the data set's folder,
   * such as masks, is no part of it.
   */
  readonly others: readonly string[];
}

/**
 * Looks once at each folder that holds images of the label file. Some may be missing, and a folder may be empty
 * or not there yet.
 *
 * @throws {Error} If more than one file may be a face's, or one more than one face's; if there are images, and
 * all are another data set's.
 */
export async function listImages(place: NamedImages): Promise<ImageListing> {
  const { images, names, labels, links } = place;
  const exact = new Uint8Array(names.size);
  const found: string[] = [];
  for (const folder of names.folders()) {
    const own: string[] = [];
    await links.look(dirname(imagePath(images, `${folder}.`)), ({ name, isDirectory }) => {
      const face = isDirectory ? -1 : names.indexOf(folder + name);
      if (face >= 0) exact[face] = 1;
      else if (!isDirectory && !name.startsWith(".") && isImageFile(name)) own.push(folder + name);
    });
    for (const name of own.sort()) found.push(name);
  }
  const listing = found.length === 0
    ? { files: new Map(), others: [] }
    : shareAlike(found, exact, names, (named, held) =>
      new Error(`${labels} names ${named}, but ${images} holds ${held} instead: which is meant?`));
  // Names with folders are not taken apart: another data set's folders are other ones.
  const isOther = found.length === listing.others.length && !exact.includes(1);
  if (found.length > 0 && isOther && !/[/\\]/.test(names.name(0))) {
    throw new Error(
      `${labels} has no labels for the images in ${images}, such as ${found[0]}; ` +
        `it names ${names.name(0)}: is it another data set's?`,
    );
  }
  return listing;
}
