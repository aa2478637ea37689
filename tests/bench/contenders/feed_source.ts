/** The faces that the contenders of `feed_bench.ts` read. */

import { dirname, join, relative } from "node:path";
import { openDataset } from "../../../pipeline/dataset.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { readImage } from "../../../pipeline/image/image.ts";
import type { PictureSize } from "../../../pipeline/image/reading/read_picture.ts";
import { joinLandmarks } from "../../../pipeline/landmarks.ts";
import { encodeJpeg, JPEG_KINDS } from "../../fixtures/jpeg_files.ts";

/** Faces of a data set. */
export interface FeedSource {
  /** The data set's folder, and its landmarks. */
  readonly dataset: string;
  readonly landmarks: string;
  /** How many of its faces are taken; all if there are fewer. */
  readonly faces: number;
}

/** Faces that an epoch has at least, by repetition, so that its beginning and its end weigh little. */
const EPOCH = 2048;

/** The faces, all with points. */
export async function facesOf({ dataset, landmarks, faces }: FeedSource): Promise<FaceRecord[]> {
  const all = joinLandmarks(landmarks)((await openDataset(dataset)).records());
  const records: FaceRecord[] = [];
  for await (const record of all) {
    if (record.points && records.push(record) === faces) break;
  }
  return records;
}

const SAMPLE = join(import.meta.dirname ?? ".", "..", "..", "..", "data", "sample");
/** With it, files take some 7 KB each, as CelebA's do. */
const QUALITY = 93;

/**
 * Copies the sample with its pictures encoded anew as CelebA's are: sequential, while those of the sample are
 * progressive, which takes decoders twice as long.
 */
export async function copySample(folder: string): Promise<Omit<FeedSource, "faces">> {
  const kind = { ...JPEG_KINDS["baseline 4:2:0"], quality: QUALITY };
  for await (const path of filesBelow(SAMPLE)) {
    const copy = join(folder, relative(SAMPLE, path));
    await Deno.mkdir(dirname(copy), { recursive: true });
    if (path.endsWith(".jpg")) {
      await Deno.writeFile(copy, await encodeJpeg(await readImage(path), kind));
    } else await Deno.copyFile(path, copy);
  }
  return { dataset: folder, landmarks: join(folder, "Anno", "list_landmarks_68.csv") };
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesBelow(join(folder, name));
    else yield join(folder, name);
  }
}

/** The items again and again, until they are enough for an epoch. */
export function repeated<T>(items: readonly T[]): T[] {
  return Array.from({ length: Math.ceil(EPOCH / items.length) }, () => items).flat();
}

/** How a size is called: height and width. */
export function sizeName({ height, width }: PictureSize): string {
  return `${height}x${width}`;
}
