/**
 * A data set of any length: the shipped sample over and over, under new names. Images are links to a
 * few real files, so that 100,000 take no room.
 */

import { basename, join } from "node:path";
import { FileWriter } from "../../pipeline/files/write_file.ts";
import { readLandmarks } from "../../pipeline/landmarks.ts";
import { SAMPLE, SAMPLE_LANDMARKS } from "../contexts/train_context.ts";

/** Where everything lies. */
export interface RepeatedSample {
  /** The data set, as CelebA's layout has it. */
  readonly dataset: string;
  /** Its images. */
  readonly images: string;
  /** Its landmarks as a csv file. */
  readonly csv: string;
  /** Its landmarks as a folder of .pts files. */
  readonly pts: string;
}

/** How many different images are linked to. */
const DISTINCT = 480;

/** Characters that are gathered before they are written. */
const PIECE = 1 << 16;

/** `000001.jpg` for face 0. */
export function nameOf(face: number, ending = ".jpg"): string {
  return String(face + 1).padStart(6, "0") + ending;
}

/** Makes a data set of `count` faces in a folder. */
export async function repeatSample(folder: string, count: number): Promise<RepeatedSample> {
  const dataset = join(folder, "faces");
  const images = join(dataset, "img_align_celeba");
  const pts = join(folder, "points");
  for (const made of [images, pts]) await Deno.mkdir(made, { recursive: true });
  const distinct = Math.min(count, DISTINCT);
  for await (const { image, points } of readLandmarks(SAMPLE_LANDMARKS)) {
    const face = parseInt(image) - 1;
    if (face >= distinct) break;
    await Deno.copyFile(join(SAMPLE, "Img", "img_align_celeba", image), join(images, image));
    await Deno.writeTextFile(join(pts, nameOf(face, ".pts")), ptsText(points));
  }
  for (let face = distinct; face < count; face++) {
    link(images, face, ".jpg");
    link(pts, face, ".pts");
  }
  await repeatRows(join(SAMPLE, "Anno", "list_attr_celeba.txt"), dataset, count);
  await repeatRows(SAMPLE_LANDMARKS, folder, count);
  return { dataset, images, pts, csv: join(folder, "list_landmarks_68.csv") };
}

function link(folder: string, face: number, ending: string): void {
  Deno.linkSync(join(folder, nameOf(face % DISTINCT, ending)), join(folder, nameOf(face, ending)));
}

/** Repeats the rows of one of the sample's tables, each with the name of its face. */
async function repeatRows(table: string, folder: string, count: number): Promise<void> {
  const lines = (await Deno.readTextFile(table)).trimEnd().split("\n");
  const isCsv = table.endsWith(".csv");
  const header = lines.splice(0, isCsv ? 1 : 2);
  if (!isCsv) header[0] = String(count);
  await using file = await FileWriter.open(join(folder, basename(table)));
  let text = header.join("\n") + "\n";
  for (let face = 0; face < count; face++) {
    const row = lines[face % lines.length] as string;
    text += nameOf(face) + row.slice(row.indexOf(".jpg") + ".jpg".length) + "\n";
    if (text.length < PIECE && face < count - 1) continue;
    await file.write(text);
    text = "";
  }
  await file.commit();
}

function ptsText(points: Float32Array): string {
  const rows = Array.from(
    { length: points.length / 2 },
    (_, i) => `${points[2 * i]!.toFixed(2)} ${points[2 * i + 1]!.toFixed(2)}`,
  );
  return ["version: 1", `n_points: ${rows.length}`, "{", ...rows, "}", ""].join("\n");
}
