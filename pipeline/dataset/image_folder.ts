/** A plain folder of images, without labels. */

import { dirname, join } from "node:path";
import type { FaceRecord } from "../face/record.ts";
import { LinkGuard } from "./links.ts";
import { picturesBelow } from "../image/picture_files.ts";
import { type Shard, shardRange } from "./shard.ts";

/** What {@linkcode imagesIn} can be told. */
export interface FolderOptions {
  /** Only a contiguous part of the images. */
  readonly shard?: Shard | undefined;
  /** Whether links that lead out of the folder are followed. */
  readonly followLinks?: boolean | undefined;
  /** Whether damaged images are used as far as they go; else they are rejected. */
  readonly useDamaged?: boolean | undefined;
  /** Stops the listing; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pictures in a folder and the folders below it as records without labels, in natural order (2 before
 * 10), each named by its path below `folder` with `/` between folders. Hidden files and folders are left out.
 * A picture of a kind that is not read is rejected, as is one that is a link which leads out of the folder,
 * and a folder that cannot be read.
 *
 * @throws {Deno.errors.NotFound} If there is no such folder or no picture in it.
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
  const pictures = await Array.fromAsync(picturesBelow(folder, options.signal, enters));
  if (pictures.length === 0) {
    throw new Deno.errors.NotFound(`There is no picture in the folder ${folder}.`);
  }
  const [from, to] = shardRange(pictures.length, options.shard);
  for (const { name, rejected } of pictures.slice(from, to)) {
    options.signal?.throwIfAborted();
    const path = join(folder, name);
    await links.look(dirname(path));
    yield {
      ...unlabelledRecord(name, path),
      rejected: rejected ?? links.faultOf(path),
      ...(options.useDamaged && { damage: null }),
    };
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
