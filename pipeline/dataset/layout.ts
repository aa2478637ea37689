/**
 * Where the files of a data set lie.
 *
 * CelebA's files are found flat in one folder or under `Anno/`, `Eval/` and `Img/`, as text or as the
 * csv of the mirrors, the images also one folder deeper, as Kaggle's archive unpacks. All of it may lie in a folder
 * `celeba`, as in torchvision's root. CelebAMask-HQ's files have names of their own.
 */

import { basename, dirname, join } from "node:path";
import { isNotThere } from "../files/write_file.ts";
import { parquetHint } from "./parquet_files.ts";
import { requireFolder } from "./image_folder.ts";
import { bareName, isImageFile } from "../image/image_name.ts";

/**
 * What a data set is like: CelebA's aligned images, CelebA's in-the-wild images, or another set's
 * images that a label file names.
 */
export type Layout = "celeba-aligned" | "celeba-in-the-wild" | "other";

/** The files and the folder that a data set is read from. */
export interface DatasetFiles {
  /** Folder that the image names are relative to. */
  readonly images: string;
  /** The label file. */
  readonly labels: string;
  /** The partition file, or null where splits are drawn from the seed. */
  readonly partition: string | null;
  /** The box file, or null if there is none or the images are aligned (boxes do not fit those). */
  readonly boxes: string | null;
}

const LABEL_FILES = [
  "list_attr_celeba.txt",
  "Anno/list_attr_celeba.txt",
  "list_attr_celeba.csv",
  "Anno/list_attr_celeba.csv",
  "list_attr.csv",
  "CelebAMask-HQ-attribute-anno.txt",
];
const PARTITION_FILES = [
  "list_eval_partition.txt",
  "Eval/list_eval_partition.txt",
  "list_eval_partition.csv",
  "Eval/list_eval_partition.csv",
];
const BOX_FILES = [
  "list_bbox_celeba.txt",
  "Anno/list_bbox_celeba.txt",
  "list_bbox_celeba.csv",
  "Anno/list_bbox_celeba.csv",
];
const ALIGNED_FOLDERS = [
  "img_align_celeba",
  "Img/img_align_celeba",
  "img_align_celeba_png",
  "Img/img_align_celeba_png",
];
const WILD_FOLDERS = ["img_celeba", "Img/img_celeba"];
/** CelebAMask-HQ's, whose images are neither in the aligned frame nor those of CelebA's boxes. */
const HQ_FOLDERS = ["CelebA-HQ-img"];
/** Where torchvision keeps CelebA, in the root that it is given. */
const INNER_FOLDER = "celeba";
/** Folders that may hold another set's images; "" is the data set's folder itself. */
const OTHER_FOLDERS = ["images", "img", ""];

/**
 * The folder in which a data set's files are looked for: `root`, or its folder `celeba` where that is what
 * holds CelebA's.
 *
 * @throws {Deno.errors.NotFound} If there is no folder `root`.
 */
export async function filesFolder(root: string): Promise<string> {
  await requireFolder(root);
  const inner = join(root, INNER_FOLDER);
  return !await isKnown(root) && await isKnown(inner) ? inner : root;
}

/** Whether a label file or images of a known name lie in `folder`. */
async function isKnown(folder: string): Promise<boolean> {
  return await firstFile(folder, LABEL_FILES) !== null ||
    await firstFolder(folder, [...ALIGNED_FOLDERS, ...WILD_FOLDERS]) !== null;
}

/**
 * Finds the label, partition and box files of the data set in `root`.
 *
 * @param labels A label file that replaces the data set's own.
 * @throws {Deno.errors.NotFound} If there is no label file, saying what was looked for.
 */
export async function findTables(
  root: string,
  labels?: string,
): Promise<Omit<DatasetFiles, "images">> {
  if (labels !== undefined && !await isFile(labels)) {
    throw new Deno.errors.NotFound(`There is no label file ${labels}.`);
  }
  const found = labels ?? await firstFile(root, LABEL_FILES);
  if (found === null) {
    throw new Deno.errors.NotFound(
      await parquetHint(root) ??
        `There is no label file in ${root}: looked for ${LABEL_FILES.join(", ")}, there and in ` +
          `${INNER_FOLDER}/ (a file of another name can be given with --labels).`,
    );
  }
  return {
    labels: found,
    partition: await firstFile(root, PARTITION_FILES),
    boxes: await firstFile(root, BOX_FILES),
  };
}

/**
 * Finds the images of the data set in `root`; aligned images come before in-the-wild ones.
 *
 * @param first Name of one of the images: a folder of no known name is taken if it holds this one (or, if none
 * does, one whose name differs in case or ending only).
 * @throws {Deno.errors.NotFound} If there is no such folder, saying what was looked for.
 */
export async function findImages(
  root: string,
  first: string,
): Promise<{ readonly images: string; readonly layout: Layout }> {
  const aligned = await firstFolder(root, ALIGNED_FOLDERS);
  if (aligned !== null) return { images: aligned, layout: "celeba-aligned" };
  const wild = await firstFolder(root, WILD_FOLDERS);
  if (wild !== null) return { images: wild, layout: "celeba-in-the-wild" };
  const hq = await firstFolder(root, HQ_FOLDERS);
  if (hq !== null) return { images: hq, layout: "other" };
  for (const folder of OTHER_FOLDERS) {
    const images = join(root, folder);
    if (await isFile(imagePath(images, first))) return { images, layout: "other" };
  }
  for (const folder of OTHER_FOLDERS) {
    const images = join(root, folder);
    if (await holdsAlike(imagePath(images, first))) return { images, layout: "other" };
  }
  throw new Deno.errors.NotFound(
    `There are no images in ${root}: looked for the folders ` +
      `${[...ALIGNED_FOLDERS, ...WILD_FOLDERS, ...HQ_FOLDERS].join(", ")}, and for ${first} ` +
      `in ${OTHER_FOLDERS.map((folder) => folder || "the folder itself").join(", ")}.`,
  );
}

/** Path of the image `name`; tables written on Windows separate folders with `\` (LFWA's does). */
export function imagePath(images: string, name: string): string {
  return `${images}/${name.replaceAll("\\", "/")}`;
}

async function firstFile(root: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    if (await isFile(join(root, name))) return join(root, name);
  }
  return null;
}

/** The first of the folders that is there; within it the folder of the same name, if there is one. */
async function firstFolder(root: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const folder = join(root, name);
    if (!await isFolder(folder)) continue;
    const nested = join(folder, name.slice(name.lastIndexOf("/") + 1));
    return await isFolder(nested) ? nested : folder;
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile ?? false;
}

/** Whether there is an image whose name differs from that of `path` in case or ending only. */
async function holdsAlike(path: string): Promise<boolean> {
  const bare = bareName(basename(path));
  try {
    for await (const { name, isDirectory } of Deno.readDir(dirname(path))) {
      if (!isDirectory && isImageFile(name) && bareName(name) === bare) return true;
    }
  } catch (error) {
    if (!isNotThere(error)) throw error;
  }
  return false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory ?? false;
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}
