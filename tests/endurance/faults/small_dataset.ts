/**
 * A small data set for runs that are disturbed: faces of the shipped sample, one of them at half size and
 * one file that is no image, so that what differs from face to face is not lost on the way.
 */

import { join } from "node:path";
import { encodePng, readImage, resizeImage } from "../../../pipeline/image/image.ts";
import { SAMPLE, smallConfig } from "../../contexts/train_context.ts";

/** Positions, in a data set, of the image at half size and of the file that is none. */
const [HALF_SIZE, NO_IMAGE] = [1, 2];

/** Writes the first `count` faces of the sample into a folder: half train, the rest is halved. */
export async function writeSmallDataset(root: string, count = 16): Promise<void> {
  const table = await Deno.readTextFile(join(SAMPLE, "Anno", "list_attr_celeba.txt"));
  const [, names = "", ...all] = table.trimEnd().split("\n");
  const rows = all.slice(0, count);
  const images = rows.map((row) => row.split(/\s/)[0]!);
  const folder = join(root, "img_align_celeba");
  await Deno.mkdir(folder, { recursive: true });
  for (const [at, image] of images.entries()) {
    await Deno.writeFile(join(folder, image), await pictureAt(at, image));
  }
  // Interleaved, so that the odd ones are among those that are measured, too.
  const partition = images.map((image, at) => `${image} ${[1, 2, 0, 0][at % 4]}\n`).join("");
  await Deno.writeTextFile(join(root, "list_eval_partition.txt"), partition);
  const labels = [count, names, ...rows].join("\n") + "\n";
  await Deno.writeTextFile(join(root, "list_attr_celeba.txt"), labels);
}

async function pictureAt(at: number, image: string): Promise<Uint8Array> {
  const path = join(SAMPLE, "Img", "img_align_celeba", image);
  if (at === NO_IMAGE) return new TextEncoder().encode("no image");
  if (at !== HALF_SIZE) return await Deno.readFile(path);
  return await encodePng(resizeImage(await readImage(path), 89, 109));
}

/** Writes the settings of a training of moments, as `--config` takes them. */
export async function writeSmallConfig(path: string): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(smallConfig({ epochs: 2, batch: 4 })));
}
