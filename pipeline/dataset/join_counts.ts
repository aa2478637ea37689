/**
 * What becomes of images where a data set's files are joined: whoever forgot a part of the labels or of the
 * splits wants to know.
 */

import { type FaceCount, FaceCounter } from "../face/face_count.ts";
import { isNotThere } from "../files/write_file.ts";
import { SPLITS } from "../face/record.ts";
import { imagePath } from "./layout.ts";
import { isImageFile } from "../image/image_name.ts";
import type { LinkGuard } from "./links.ts";
import type { NameTable } from "./name_table.ts";

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
  const encoder = new TextEncoder();
  for (const folder of foldersOf(names)) {
    const path = imagePath(images, folder);
    // Not even the names of what lies elsewhere are read.
    if (links.faultOf(`${path}.`) !== null) continue;
    for (const name of await imagesIn(path)) {
      const bytes = encoder.encode(folder + name);
      if (names.find(bytes, 0, bytes.length) < 0) others.add(bytes, 0, bytes.length);
    }
  }
}

/** The folders of the names as they spell them, each with the separator at its end; "" for none. */
function foldersOf(names: NameTable): Set<string> {
  const folders = new Set<string>();
  for (let index = 0; index < names.size; index++) {
    folders.add(/^.*[/\\]/.exec(names.name(index))?.[0] ?? "");
  }
  return folders;
}

async function imagesIn(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    const isImage = ({ name, isDirectory }: Deno.DirEntry) =>
      !isDirectory && !name.startsWith(".") && isImageFile(name);
    return entries.filter(isImage).map(({ name }) => name).sort();
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
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
