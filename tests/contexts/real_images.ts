/** Images of the real data, where it is: see `real_data.ts`. */

import { join } from "node:path";
import type { LandmarkRow } from "../../pipeline/landmarks.ts";

/** Paths of every `step`-th JPEG of a folder in the order of their names, `count` of them at most. */
export async function imagesIn(folder: string, step: number, count = Infinity): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".jpg")).sort();
  return names.filter((_, i) => i % step === 0).slice(0, count).map((name) => join(folder, name));
}

/** The faces of some photographs with the points that people have set; the folder is `ibug68`. */
export async function trueFaces(
  folder: string,
  names: ReadonlySet<string>,
): Promise<LandmarkRow[]> {
  const text = await Deno.readTextFile(join(folder, "landmarks.json"));
  return (JSON.parse(text) as { file: string; points: number[][] }[])
    .filter(({ file }) => names.has(file))
    .map(({ file, points }) => ({ image: file, points: Float32Array.from(points.flat()) }));
}
