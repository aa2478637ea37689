/** Which records a run is about: all that can be used of two splits, or those that it began with. */

import {
  countText,
  type FaceCount,
  FaceCounter,
  leftOutText,
  lostShare,
} from "../../face/face_count.ts";
import type { Face, OnReject } from "../../face/faces.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { TrainOptions } from "../options.ts";
import { type ListedFace, listedFace } from "./face_list.ts";
import { formatPercent } from "../../numbers/text.ts";

export interface FaceSets {
  readonly train: Face[];
  readonly validation: Face[];
}

/** What decides which records are chosen. */
type ChoiceOptions = Pick<TrainOptions, "records" | "signal" | "config">;

/** What became of the faces so far. */
interface Counters {
  readonly training: FaceCounter;
  /** Those that a run which goes on began without. */
  readonly fresh: FaceCounter;
}

/** Counters of nothing. */
export function newCounters(): Counters {
  return { training: new FaceCounter("training"), fresh: new FaceCounter("later faces") };
}

/**
 * Records of the splits train and validation that have points; the rest never has its image decoded.
 *
 * @param list The faces that the run began with; null for one that begins.
 * @throws {Error} If there is nothing to train on, or more faces are missing than may be.
 */
export async function chooseRecords(
  { records, signal, config }: ChoiceOptions,
  list: readonly ListedFace[] | null,
  counters: Counters,
  reject: OnReject,
): Promise<FaceRecord[]> {
  const known = list && new Map(list.map((face) => [face.image, face]));
  const usable: FaceRecord[] = [];
  const { training, fresh } = counters;
  for await (const found of records) {
    signal?.throwIfAborted();
    const record = known ? asListed(found, known, fresh) : found;
    if (record === null || record.split === "test") continue;
    training.come();
    if (record.split === null) training.leave(record.image, "it has no split");
    else if (record.rejected !== null) training.leave(record.image, record.rejected);
    else if (record.points === null) reject(record, "it has no landmarks");
    else usable.push(record);
  }
  for (const image of known?.keys() ?? []) {
    training.come();
    training.leave(image, "it is in the data set no more");
  }
  const hasAny = usable.some(({ split }) => split === "train");
  requireFaces(training.count, hasAny, config.allowMissing);
  return usable;
}

/**
 * The record in the split that it had when the run began, and no more to come. One that cannot be used now
 * either is as it was; null for one that could be.
 */
function asListed(
  record: FaceRecord,
  known: Map<string, ListedFace>,
  fresh: FaceCounter,
): FaceRecord | null {
  const face = known.get(record.image);
  if (face) {
    known.delete(record.image);
    return { ...record, split: face.split };
  }
  const { split, points, rejected } = record;
  if (split === null || split === "test" || points === null || rejected !== null) return record;
  fresh.come();
  fresh.leave(record.image, "the run began without it");
  return null;
}

/**
 * Puts the faces of a run into the order of its list. One that cannot be used now keeps its place, so that the
 * others come in the same batches; it is left out when its turn comes.
 *
 * @throws {Error} If labels or landmarks are not those with which the run began.
 */
export function asBegun(faces: FaceSets, list: readonly ListedFace[]): FaceSets {
  const found = new Map(
    [...faces.train, ...faces.validation].map((face) => [face.record.image, face]),
  );
  for (const what of ["labels", "landmarks"] as const) {
    const changed = list.filter((listed) => {
      const face = found.get(listed.image);
      return face && listedFace(face)[what] !== listed[what];
    });
    if (changed.length === 0) continue;
    throw new Error(
      `Cannot resume the run: it was started with other ${what} of ${changed.length} of its ` +
        `${list.length} faces, such as ${changed[0]!.image}`,
    );
  }
  const sets: FaceSets = { train: [], validation: [] };
  for (const listed of list) {
    sets[listed.split].push(found.get(listed.image) ?? goneFace(listed));
  }
  return sets;
}

function goneFace({ image, split, labels }: ListedFace): Face {
  const unknown = { path: "", size: null, box: null, points: null };
  const rejected = "it was missing when the run went on";
  return {
    record: { image, split, labels, ...unknown, rejected },
    ...{ labels, pixels: null },
  };
}

/**
 * Makes sure that there is something to train on, before images are looked at and a run is begun or replaced.
 *
 * @throws {Error} As of {@linkcode chooseRecords}.
 */
export async function requireRecords(options: ChoiceOptions): Promise<void> {
  const counters = newCounters();
  const reject: OnReject = ({ image }, reason) => counters.training.leave(image, reason);
  await chooseRecords(options, null, counters, reject);
}

/**
 * A result on other data than was meant is worse than none; but no run dies of one bad image.
 *
 * @param hasAny Whether there is a face to train on.
 * @param allowed Share of the faces that may be missing; unless it is 0, a single one always may.
 * @throws {Error} If there is none, or more are missing.
 */
export function requireFaces(count: FaceCount, hasAny: boolean, allowed: number): void {
  const why = count.leftOut.length === 0 ? "" : `. Left out: ${leftOutText(count)}`;
  if (!hasAny) {
    throw new Error(
      `There are no faces to train on: the split train has none with labels and landmarks${why}`,
    );
  }
  const lost = lostShare(count);
  if (lost <= allowed || allowed > 0 && count.faces - count.used === 1) return;
  throw new Error(
    `Too many faces are missing, ${formatPercent(lost)} where --allow-missing ${allowed} allows ` +
      `${formatPercent(allowed)}: ${countText(count)}. Complete the data, or allow it with ` +
      `--allow-missing ${Math.ceil(lost * 100) / 100}`,
  );
}
