/**
 * A plain folder of images, without labels.
 *
 * @module
 */

import { join } from "node:path";
import { filesBelow } from "../folder_files.ts";
import type { FaceRecord } from "../record.ts";
import { type Shard, shardRange } from "./shard.ts";

/**
 * The images (jpg, jpeg, png) in a folder and the folders below it as records without labels, in
 * natural order (2 before 10), each named by its path below `folder` with `/` between folders.
 * Hidden files and folders are left out; links are followed.
 *
 * @param options.shard Only a contiguous part of the images.
 * @throws {Deno.errors.NotFound} If there is no such folder or no image in it.
 */
export async function* imagesIn(
  folder: string,
  options: { readonly shard?: Shard | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<FaceRecord> {
  await requireFolder(folder);
  const images: string[] = [];
  for await (const name of filesBelow(folder, options.signal)) {
    if (/\.(jpe?g|png)$/i.test(name)) images.push(name);
  }
  if (images.length === 0) {
    throw new Deno.errors.NotFound(`There is no image (jpg, jpeg, png) in the folder ${folder}.`);
  }
  const [from, to] = shardRange(images.length, options.shard);
  for (const image of images.slice(from, to)) {
    options.signal?.throwIfAborted();
    yield unlabelledRecord(image, join(folder, image));
  }
}

/**
 * Makes sure that `folder` is a folder.
 *
 * @throws {Deno.errors.NotFound} If it is not there.
 * @throws {Deno.errors.NotADirectory} If it is a file.
 */
export async function requireFolder(folder: string): Promise<void> {
  try {
    if ((await Deno.stat(folder)).isDirectory) return;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Deno.errors.NotFound(`There is no folder ${folder}.`, { cause });
  }
  throw new Deno.errors.NotADirectory(`${folder} is a file; a folder is needed.`);
}

/** A record of which only the image is known. */
function unlabelledRecord(image: string, path: string): FaceRecord {
  return {
    image,
    path,
    split: null,
    labels: null,
    size: null,
    box: null,
    points: null,
    rejected: null,
  };
}
