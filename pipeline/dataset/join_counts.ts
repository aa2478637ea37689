/**
 * What becomes of images where a data set's files are joined: whoever forgot a part of the labels or of the
 * splits wants to know.
 */

import { dirname } from "node:path";
import { type FaceCount, FaceCounter } from "../face/face_count.ts";
import { SPLITS } from "../face/record.ts";
import { imagePath } from "./layout.ts";
import { isImageFile } from "../image/image_name.ts";
import type { LinkGuard } from "./links.ts";
import type { NameTable } from "../files/tables/name_table.ts";

/** Where a data set's images lie, and which of them have labels. */
interface LabelledImages {
  /** Folder that the names are relative to. */
  readonly images: string;
  readonly names: NameTable;
  readonly links: LinkGuard;
}

/**
 * Adds to `others` the images without labels in the folders of those that have some. What else lies below the
 * data set's folder, such as masks, is no part of it.
 */
export async function addUnlabelled(
  { images, names, links }: LabelledImages,
  others: NameTable,
): Promise<void> {
  for (const folder of names.folders()) {
    const found: string[] = [];
    await links.look(dirname(imagePath(images, `${folder}.`)), ({ name, isDirectory }) => {
      if (isDirectory || name.startsWith(".") || names.indexOf(folder + name) >= 0) return;
      if (isImageFile(name)) found.push(folder + name);
    });
    for (const name of found.sort()) others.addName(name);
  }
}

/** How many images have labels: the named ones, and not `others`. */
export function countLabelled(names: NameTable, others: NameTable, labels: string): FaceCount {
  const counter = new FaceCounter("labels");
  counter.come(names.size + others.size);
  for (let at = 0; at < others.size; at++) counter.leave(others.name(at), `no row in ${labels}`);
  return counter.count;
}

/** How many of the faces have a split. */
export function countPlaced(
  names: NameTable,
  splits: Uint8Array,
  partition: string | null,
): FaceCount {
  const counter = new FaceCounter("splits");
  counter.come(names.size);
  for (const [face, split] of splits.entries()) {
    if (split >= SPLITS.length) counter.leave(names.name(face), `no row in ${partition}`);
  }
  return counter.count;
}
