/**
 * A plain folder of images, without labels.
 *
 * @module
 */

import { join } from "node:path";
import type { FaceRecord } from "../record.ts";
import { type Shard, shardRange } from "./shard.ts";

/** Orders `2.jpg` before `10.jpg`, the same on every machine. */
const NATURAL = new Intl.Collator("en", { numeric: true });

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
  await collectImages(folder, "", [await Deno.realPath(folder)], images, options.signal);
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

/**
 * Appends the images below `root`/`below` to `images`.
 *
 * @param parents Real paths of the folders on the way here: a link to one of them is a circle.
 */
async function collectImages(
  root: string,
  below: string,
  parents: readonly string[],
  images: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const entry of await sortedEntries(join(root, below))) {
    signal?.throwIfAborted();
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const { isFile, isDirectory } = entry.isSymlink ? await followLink(join(root, name)) : entry;
    if (isFile && /\.(jpe?g|png)$/i.test(entry.name)) images.push(name);
    if (!isDirectory) continue;
    const real = await Deno.realPath(join(root, name));
    if (!parents.includes(real)) {
      await collectImages(root, name, [...parents, real], images, signal);
    }
  }
}

/** What lies in a folder, in natural order, without hidden things and what macOS adds to archives. */
async function sortedEntries(folder: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(".") && entry.name !== "__MACOSX") entries.push(entry);
  }
  return entries.sort((a, b) => NATURAL.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
}

/** What a link leads to; nothing, if it leads nowhere. */
async function followLink(path: string): Promise<{ isFile: boolean; isDirectory: boolean }> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { isFile: false, isDirectory: false };
    throw error;
  }
}
