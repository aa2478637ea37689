/** What was corrected, brought into a landmarks file and its list of rejected images. */

import { extname } from "node:path";
import { BufferedWriter } from "../../files/buffered_writer.ts";
import { exists, isNotThere, renameOver, UNFINISHED } from "../../files/write_file.ts";
import type { FaceRecord } from "../../face/record.ts";
import { correctRows, nameAlone } from "../../landmarks/corrections/correct_rows.ts";
import type { Outcome } from "../../landmarks/corrections/corrections.ts";
import { besideLandmarks, isNdjson } from "../../landmarks/files/landmark_endings.ts";
import { readLandmarks, rejectedPath } from "../../landmarks/files/landmark_file.ts";
import { landmarkFormat } from "../../landmarks/files/landmark_format.ts";

/** What is to be in the files. */
interface Saving {
  /** What the files are to say and do not. Called when others are kept out. */
  readonly lacking: () => Promise<ReadonlyMap<string, Outcome>>;
  readonly recordOf: (image: string) => FaceRecord | null;
}

/** Where a landmarks file is kept as it was before a person's first change: `faces.csv` → `faces.original.csv`. */
export function originalPath(path: string): string {
  const beside = besideLandmarks(path, "");
  return `${beside}.original${beside === path ? "" : extname(path)}`;
}

/**
 * Writes both files whole, unless they say already what is wanted.
 *
 * @returns What the files say now and have not said before.
 * @throws {Deno.errors.Busy} If another process writes them, as `landmarks` does until it ends.
 * @throws {WriteError} If the system refuses.
 */
export async function saveCorrections(
  path: string,
  { lacking, recordOf }: Saving,
): Promise<ReadonlyMap<string, Outcome>> {
  await using rows = await BufferedWriter.open(path);
  await using rejections = await BufferedWriter.open(rejectedPath(path));
  const changes = await lacking();
  if (changes.size === 0) return changes;
  await keepOriginal(path);
  await correctRows(
    { rows: rowsOf(path), rejections: bytesOf(rejectedPath(path)) },
    { rows, rejections },
    { format: landmarkFormat(path), wanted: changes, recordOf, path },
  );
  await rejections.commit();
  await rows.commit();
  return changes;
}

/** Copies both files, the landmarks last: where they are, both are. */
async function keepOriginal(path: string): Promise<void> {
  const original = originalPath(path);
  if (await exists(original)) return;
  for (const [from, to] of [[rejectedPath(path), rejectedPath(original)], [path, original]]) {
    if (!await exists(from!)) continue;
    await Deno.copyFile(from!, to! + UNFINISHED);
    await renameOver(to! + UNFINISHED, to!);
  }
}

/** The file's rows as this program writes them. */
async function* rowsOf(path: string): AsyncGenerator<Uint8Array> {
  const { head, row } = landmarkFormat(path);
  if (isNdjson(path) || await beginsWith(path, head)) return yield* bytesOf(path);
  const encoder = new TextEncoder();
  for await (const { image, points } of readLandmarks(path)) {
    yield encoder.encode(row({ ...nameAlone(image), points }, points));
  }
}

/** The contents of a file; nothing if it is not there. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* (await Deno.open(path)).readable;
  } catch (error) {
    if (!isNotThere(error)) throw error;
  }
}

/** Whether a file begins with this text, or is not there. */
async function beginsWith(path: string, text: string): Promise<boolean> {
  const expected = new TextEncoder().encode(text);
  let at = 0;
  for await (const piece of bytesOf(path)) {
    for (const byte of piece) {
      if (byte !== expected[at]) return false;
      if (++at === expected.length) return true;
    }
  }
  return at === 0;
}
