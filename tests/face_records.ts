/**
 * Records without anything but a name, for tests of stages.
 *
 * @module
 */

import { rejectedPath } from "../pipeline/landmarks.ts";
import type { FaceRecord, Stage } from "../pipeline/record.ts";

/** A record of `image` of which nothing is known but `fields`. */
export function recordOf(image: string, fields: Partial<FaceRecord> = {}): FaceRecord {
  const nothing = { split: null, labels: null, size: null, box: null, points: null };
  return { image, path: `/nowhere/${image}`, ...nothing, rejected: null, ...fields };
}

/** The items, one after the other. */
export async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** What a stage makes of records. */
export function run(
  stage: Stage<FaceRecord, FaceRecord>,
  records: readonly FaceRecord[],
): Promise<FaceRecord[]> {
  return Array.fromAsync(stage(streamOf(records)));
}

/** Points (n, n + 0.25), (n + 1, n + 1.25), … */
export function pointsFrom(n: number): Float32Array {
  return Float32Array.from({ length: 136 }, (_, i) => n + Math.floor(i / 2) + (i % 2) / 4);
}

/** Runs `work` with a folder that is gone at its end. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The text of a landmarks file and of the list of what it lacks. */
export interface LandmarkFiles {
  readonly rows: string;
  readonly rejections: string;
}

/** Reads what was written for `out`. */
export async function filesOf(out: string): Promise<LandmarkFiles> {
  const [rows, rejections] = [await Deno.readTextFile(out), rejectedPath(out)];
  return { rows, rejections: await Deno.readTextFile(rejections) };
}
