/**
 * A plain folder of images, without labels.
 *
 * @module
 */

import { join } from "node:path";
import { filesBelow } from "../folder_files.ts";
import type { FaceRecord } from "../record.ts";
import { isImageFile } from "./image_name.ts";
import { LinkGuard } from "./links.ts";
import { type Shard, shardRange } from "./shard.ts";

/** What {@linkcode imagesIn} can be told. */
export interface FolderOptions {
  /** Only a contiguous part of the images. */
  readonly shard?: Shard | undefined;
  /** Whether links that lead out of the folder are followed. */
  readonly followLinks?: boolean | undefined;
  /** Stops the listing; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images (jpg, jpeg, png) in a folder and the folders below it as records without labels, in
 * natural order (2 before 10), each named by its path below `folder` with `/` between folders.
 * Hidden files and folders are left out. An image that is a link which leads out of the folder is
 * rejected.
 *
 * @throws {Deno.errors.NotFound} If there is no such folder or no image in it.
 * @throws {Deno.errors.PermissionDenied} If a folder below is a link which leads out of it.
 */
export async function* imagesIn(
  folder: string,
  options: FolderOptions = {},
): AsyncGenerator<FaceRecord> {
  await requireFolder(folder);
  const links = new LinkGuard(folder, options.followLinks ?? false);
  const enters = (name: string) => {
    links.require(join(folder, name));
    return true;
  };
  const images: string[] = [];
  for await (const name of filesBelow(folder, options.signal, enters)) {
    if (isImageFile(name)) images.push(name);
  }
  if (images.length === 0) {
    throw new Deno.errors.NotFound(`There is no image (jpg, jpeg, png) in the folder ${folder}.`);
  }
  const [from, to] = shardRange(images.length, options.shard);
  for (const image of images.slice(from, to)) {
    options.signal?.throwIfAborted();
    const path = join(folder, image);
    yield { ...unlabelledRecord(image, path), rejected: links.faultOf(path) };
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
