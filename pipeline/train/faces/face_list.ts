/**
 * `RUN/faces.csv`: the faces of a run in their order, by which it goes on whatever has become of the data set.
 *
 * | column | what |
 * |---|---|
 * | `image_name`, `split` | as in the data set |
 * | `labels` | 40 bits in hexadecimal digits, as they are learnt |
 * | `landmarks` | the first 32 bits of SHA-256 of the points as f32 [136] |
 * | `image` | the first 64 bits of SHA-256 of the image file |
 *
 * A face takes some 50 bytes: 202,599 faces 10 MB.
 */

import { join } from "node:path";
import { csvRow, readCsv } from "../../files/csv.ts";
import { nameFromTable, nameInTable } from "../../image/image_name.ts";
import type { Face } from "../../face/faces.ts";
import { BufferedWriter } from "../../files/buffered_writer.ts";
import { exists } from "../../files/write_file.ts";
import { bytesOf } from "../../files/safetensors.ts";
import { hexOf } from "../../files/hex_digest.ts";
import type { Split } from "../../face/record.ts";

export interface ListedFace {
  readonly image: string;
  readonly split: Exclude<Split, "test">;
  /** 40 label bits. */
  readonly labels: number;
  /** Tells its landmarks from others. */
  readonly landmarks: string;
  /** Tells its image from others. */
  readonly digest: string;
}

const COLUMNS = ["image_name", "split", "labels", "landmarks", "image"];

/** What the list says of a face. */
export function listedFace({ record, labels, digest = "" }: Face): ListedFace {
  const { image, split, points } = record;
  const landmarks = points ? hexOf(bytesOf(points), 8) : "";
  return { image, split: split as ListedFace["split"], labels, landmarks, digest };
}

export async function writeFaceList(run: string, faces: readonly Face[]): Promise<void> {
  await using file = await BufferedWriter.open(pathOf(run));
  await file.write(csvRow(COLUMNS));
  for (const face of faces) {
    const { image, split, labels, landmarks, digest } = listedFace(face);
    const bits = labels.toString(16).padStart(10, "0");
    await file.write(csvRow([nameInTable(image), split, bits, landmarks, digest]));
  }
  await file.commit();
}

/**
 * Reads the list of a run.
 *
 * @returns Null if it has none: runs of older versions.
 * @throws {SyntaxError} With `path:line`, if it is damaged.
 */
export async function readFaceList(run: string): Promise<ListedFace[] | null> {
  const path = pathOf(run);
  if (!await exists(path)) return null;
  const faces: ListedFace[] = [];
  let isHead = true;
  for await (const { line, fields } of readCsv(path)) {
    if (!isHead) faces.push(faceOf(fields, `${path}:${line}`));
    else if (fields.join() !== COLUMNS.join()) {
      throw new SyntaxError(`${path}:${line}: the columns ${COLUMNS.join(", ")} are expected`);
    }
    isHead = false;
  }
  return faces;
}

function faceOf(fields: readonly string[], where: string): ListedFace {
  const [image = "", split, bits = "", landmarks = "", digest = ""] = fields;
  const isWhole = fields.length === COLUMNS.length && image !== "" &&
    /^[\da-f]{10}$/.test(bits) && /^([\da-f]{8})?$/.test(landmarks) &&
    /^([\da-f]{16})?$/.test(digest);
  if (isWhole && (split === "train" || split === "validation")) {
    return { image: nameFromTable(image), split, labels: parseInt(bits, 16), landmarks, digest };
  }
  throw new SyntaxError(`${where}: a face of the run is expected`);
}

function pathOf(run: string): string {
  return join(run, FACE_LIST);
}

/** The name of the list in a run's folder. */
export const FACE_LIST = "faces.csv";
