/**
 * The synthetic data set: faces of our own drawing with all 40 attributes, 68 true landmarks and a
 * partition, in CelebA's official layout. The same seed gives the same bytes.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { ATTRIBUTES, hasAttribute, labelsOf } from "./face/attributes.ts";
import { Claim } from "./files/claim.ts";
import { exists, ignoreMissing, UNFINISHED, writeFile, written } from "./files/write_file.ts";
import { Random } from "./numbers/random.ts";
import { type Split, SPLITS } from "./face/record.ts";
import { drawFace } from "./sample/face.ts";
import { Studio } from "./sample/picture.ts";
import { placePoint } from "./sample/pose.ts";

/** One face of the synthetic data set. */
export interface SampleFace {
  /** File name, `000001.jpg` and so on. */
  readonly image: string;
  /** The image file, 178 x 218 pixels. */
  readonly jpeg: Uint8Array;
  /** 40 label bits (see `attributes.ts`). */
  readonly labels: number;
  /** 68 true landmarks in iBUG order as x0, y0, x1, y1, … in pixels. */
  readonly points: Float32Array;
  /** Its part of the data set. */
  readonly split: Split;
}

/** Share of the faces that validate and that test; the rest train. */
const HELD_OUT = { validation: 0.1, test: 0.15 } as const;

/** The split of every face: a shuffle that knows nothing of the faces. */
function drawSplits(count: number, random: Random): Split[] {
  const validation = Math.round(count * HELD_OUT.validation);
  const test = Math.round(count * HELD_OUT.test);
  const splits = Array.from(
    { length: count },
    (_, i): Split => i < validation ? "validation" : i < validation + test ? "test" : "train",
  );
  return random.shuffle(splits);
}

/**
 * Draws faces one by one. Face number n depends on the seed and n alone; its split depends on the
 * count too.
 *
 * @throws {RangeError} If the count is not a whole number from 1 to 999,999, or the seed none at all.
 */
export async function* sampleFaces(
  { count, seed }: { count: number; seed: number },
): AsyncGenerator<SampleFace> {
  if (!Number.isInteger(count) || count < 1 || count > 999_999) {
    throw new RangeError(`Cannot draw ${count} faces: a whole number from 1 to 999999 is needed`);
  }
  const random = new Random(seed);
  const splits = drawSplits(count, random.fork("splits"));
  const studio = await Studio.open();
  for (const [index, split] of splits.entries()) {
    const face = drawFace(random.fork(`face ${index + 1}`));
    const placed = face.points.map((point) => placePoint(face.pose, point));
    yield {
      image: `${String(index + 1).padStart(6, "0")}.jpg`,
      jpeg: await studio.photograph(face),
      labels: labelsOf(face.traits),
      points: Float32Array.from(placed.flat()),
      split,
    };
  }
}

/** How {@linkcode writeSample} is asked for a data set. */
export interface SampleOptions {
  /** The folder to make. */
  readonly out: string;
  /** Number of faces. */
  readonly count: number;
  /** The shipped sample's seed by default. */
  readonly seed?: number;
  /** Stops before the next face; nothing is left of the folder. */
  readonly signal?: AbortSignal;
  /** Called after each face. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/** The seed of the shipped sample. */
export const SAMPLE_SEED = 64;

/** Landmarks are written with this many decimals: a hundredth of a pixel. */
const DECIMALS = 2;

/** `image_name,x_0,…,x_67,y_0,…,y_67` */
function landmarkHeader(): string {
  const names = ["x", "y"].flatMap((axis) =>
    Array.from({ length: 68 }, (_, index) => `${axis}_${index}`)
  );
  return ["image_name", ...names].join(",") + "\n";
}

function landmarkRow({ image, points }: SampleFace): string {
  const axis = (first: number) =>
    Array.from({ length: 68 }, (_, i) => (points[2 * i + first] as number).toFixed(DECIMALS));
  return [image, ...axis(0), ...axis(1)].join(",") + "\n";
}

/** A row as CelebA pads it: values right-aligned to two characters. */
function attributeRow({ image, labels }: SampleFace): string {
  const values = ATTRIBUTES.map((_, column) => hasAttribute(labels, column) ? " 1" : "-1");
  return [image, ...values].join(" ") + "\n";
}

/** Refuses a folder that has something in it; what is no folder fails as it is read. */
async function checkFolder(out: string): Promise<void> {
  if (!await exists(out)) return;
  for await (const entry of Deno.readDir(out)) {
    throw new Error(
      `Cannot write a sample to ${out}: the folder is not empty (it holds ${entry.name})`,
    );
  }
}

/** Writes the files of a sample into an empty folder. */
async function fillFolder(folder: string, options: SampleOptions): Promise<void> {
  const { count, seed = SAMPLE_SEED, signal, onProgress } = options;
  const attributes = [`${count}\n${ATTRIBUTES.join(" ")}\n`];
  const landmarks = [landmarkHeader()];
  const partition: string[] = [];
  for await (const face of sampleFaces({ count, seed })) {
    signal?.throwIfAborted();
    await writeFile(join(folder, "Img", "img_align_celeba", face.image), face.jpeg);
    attributes.push(attributeRow(face));
    landmarks.push(landmarkRow(face));
    partition.push(`${face.image} ${SPLITS.indexOf(face.split)}\n`);
    onProgress?.(partition.length, count);
  }
  await writeFile(join(folder, "Anno", "list_attr_celeba.txt"), attributes.join(""));
  await writeFile(join(folder, "Anno", "list_landmarks_68.csv"), landmarks.join(""));
  await writeFile(join(folder, "Eval", "list_eval_partition.txt"), partition.join(""));
}

/**
 * Writes a synthetic data set in CelebA's official layout into a new or empty folder:
 * `Img/img_align_celeba/000001.jpg` …, `Anno/list_attr_celeba.txt`, `Anno/list_landmarks_68.csv`
 * and `Eval/list_eval_partition.txt`.
 *
 * The sample grows in a folder beside `out` and moves there when it is whole; a failure or an abort
 * leaves nothing behind, and what a killed process left is replaced.
 *
 * @example Three faces
 * ```ts
 * import { openDataset, writeSample } from "@attparsenet/attparsenet";
 *
 * const folder = await Deno.makeTempDir();
 * await writeSample({ out: `${folder}/faces`, count: 3 });
 * console.log((await openDataset(`${folder}/faces`)).count);
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @throws {Error} If the folder is not empty.
 * @throws {Deno.errors.Busy} If another process is writing it.
 * @throws {WriteError} If the system refuses a file.
 * @throws {RangeError} If the count or the seed is no whole number.
 */
export async function writeSample(options: SampleOptions): Promise<void> {
  const out = resolve(options.out);
  await checkFolder(out);
  const growing = out + UNFINISHED;
  await using _ = await Claim.take(`${growing}.lock`, out);
  try {
    await Deno.remove(growing, { recursive: true }).catch(ignoreMissing);
    await fillFolder(growing, options);
    if (await exists(out)) await Deno.remove(out);
    await written(out, Deno.rename(growing, out));
  } catch (error) {
    await Deno.remove(growing, { recursive: true }).catch(() => {});
    throw error;
  }
}
