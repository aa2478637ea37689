/** A landmarks file and its list of rejected images, as people have corrected them. */

import { jsonLine } from "../../files/quoted.ts";
import type { BufferedWriter } from "../../files/buffered_writer.ts";
import { readLines } from "../../files/read_lines.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { LandmarkFormat } from "../files/landmark_format.ts";
import { rejectionOf } from "../files/rejections.ts";
import { NOT_YET, type Outcome } from "./corrections.ts";

/** The two files, as they are or as they are to be. */
interface Pair<T> {
  readonly rows: T;
  readonly rejections: T;
}

/** How they are written. */
interface CorrectRowsOptions {
  readonly format: LandmarkFormat;
  /** What faces are to be; the others stay as they are. */
  readonly wanted: ReadonlyMap<string, Outcome>;
  /** What is known of a face that gets its first points; null if that is its name. */
  readonly recordOf: (image: string) => FaceRecord | null;
  /** The landmarks file, for messages. */
  readonly path: string;
}

/**
 * Copies the files' lines, but for faces that are wanted otherwise: their rows have other points, go, or come
 * last. Does not commit.
 *
 * @throws {SyntaxError} With `path:line`, if a row is none.
 */
export async function correctRows(
  source: Pair<AsyncIterable<Uint8Array>>,
  target: Pair<BufferedWriter>,
  { format, wanted, recordOf, path }: CorrectRowsOptions,
): Promise<void> {
  const placed = new Set<string>();
  await target.rows.write(format.head);
  for await (const { line, text } of readLines(source.rows, path)) {
    if (text === "" || text + "\n" === format.head) continue;
    const where = `${path}:${line}`;
    const image = format.imageOf(text, where);
    const outcome = wanted.get(image);
    placed.add(image);
    if (!outcome) await target.rows.write(text + "\n");
    else if (outcome.points) await target.rows.write(format.replaced(text, outcome.points, where));
  }
  for (const [image, { points }] of wanted) {
    if (points && !placed.has(image)) await target.rows.write(format.row(recordFor(image), points));
  }
  await correctRejections(source.rejections, target.rejections, wanted);

  function recordFor(image: string): FaceRecord {
    const record = recordOf(image) ?? nameAlone(image);
    return { ...record, points: wanted.get(image)!.points, rejected: null };
  }
}

/** A record of which nothing is known but its name. */
export function nameAlone(image: string): FaceRecord {
  return {
    ...{ image, path: image, split: null, labels: null, size: null, box: null },
    ...{ points: null, rejected: null },
  };
}

async function correctRejections(
  source: AsyncIterable<Uint8Array>,
  target: BufferedWriter,
  wanted: ReadonlyMap<string, Outcome>,
): Promise<void> {
  for await (const { text } of readLines(source, "the rejected images")) {
    const line = rejectionOf(text);
    if (line === null || !wanted.has(line[0])) await target.write(text + "\n");
  }
  for (const [image, { reason }] of wanted) {
    if (reason !== null && reason !== NOT_YET) {
      await target.write(jsonLine({ image, reason }) + "\n");
    }
  }
}
