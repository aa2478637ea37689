/**
 * What becomes of images where a data set's files are joined: whoever forgot a part of the labels or of the
 * splits wants to know.
 */

import { type FaceCount, FaceCounter } from "../face/face_count.ts";
import { SPLITS } from "../face/record.ts";
import type { NameTable } from "../files/tables/name_table.ts";

/** How many images have labels: the named ones, and not `others`. */
export function countLabelled(names: NameTable, others: NameTable, labels: string): FaceCount {
  const counter = new FaceCounter("labels");
  counter.come(names.size + others.size);
  for (let at = 0; at < others.size; at++) counter.leave(others.name(at), `no row in ${labels}`);
  return counter.count;
}

/** How many of the faces have a split. */
export function countPlaced(
  names: NameTable,
  splits: Uint8Array,
  partition: string | null,
): FaceCount {
  const counter = new FaceCounter("splits");
  counter.come(names.size);
  for (const [face, split] of splits.entries()) {
    if (split >= SPLITS.length) counter.leave(names.name(face), `no row in ${partition}`);
  }
  return counter.count;
}
