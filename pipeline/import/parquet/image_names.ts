/** What the images of a parquet file are called as files. */

import { endingOfBytes, kindOfBytes, kindOfName } from "../../image/picture_kinds.ts";
import { bareName, imageNameFault, nameInTable } from "../../image/image_name.ts";
import { fileNameOn } from "../../files/file_name.ts";
import type { RowImage } from "./face_columns.ts";

/**
 * Names images in their order: by what the parquet file calls them, without folders, or, where it does not, or
 * calls another one so, by their numbers, from `000001.jpg`. The same files give the same names.
 */
export class ImageNames {
  readonly #total: number;
  /** Names as files on any system would clash. */
  readonly #taken = new Set<string>();
  #count = 0;

  /** @param total How many images there are. */
  constructor(total: number) {
    this.#total = total;
  }

  /** The name of the next image. */
  next(image: RowImage): string {
    this.#count++;
    const own = ownName(image.path);
    if (own !== null && this.#take(own)) return own;
    const kind = image.bytes && kindOfBytes(image.bytes);
    const ending = kind ? endingOfBytes(image.bytes!) : "jpg";
    for (let number = this.#count;; number += this.#total) {
      const name = `${String(number).padStart(6, "0")}.${ending}`;
      if (this.#take(name)) return name;
    }
  }

  #take(name: string): boolean {
    const bare = bareName(name);
    if (this.#taken.has(bare)) return false;
    this.#taken.add(bare);
    return true;
  }
}

/** The file's name at the end of a path, or null where it could not be that of an image in a data set. */
function ownName(path: string | null): string | null {
  const name = path?.slice(path.search(/[^/\\]*$/)) ?? "";
  const isUsable = imageNameFault(name) === null && !name.startsWith(".") &&
    kindOfName(name)?.isRead && nameInTable(name) === name && fileNameOn(name) === name;
  return isUsable ? name : null;
}
