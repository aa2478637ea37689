/** The faces of a training run: looked at, repaired, and kept as far as there is room. */

import type { FaceCount } from "../../face/face_count.ts";
import { loadFaces, type OnReject, regionsOf } from "../../face/faces.ts";
import { maskSize } from "../../network/network.ts";
import { MaskPrior } from "../../network/mask_prior.ts";
import type { FaceRecord } from "../../face/record.ts";
import type { TrainOptions } from "../options.ts";
import {
  asBegun,
  chooseRecords,
  type FaceSets,
  newCounters,
  requireFaces,
} from "./choose_faces.ts";
import type { ListedFace } from "./face_list.ts";
import { regionBitsOf } from "../../face/region_bits.ts";
import { repairLabels } from "./repair_labels.ts";
import type { RunPictures } from "./run_pictures.ts";

/** Faces that the prior of the masks is made of, at most: so many give each share within a percent. */
const PRIOR_FACES = 2 ** 13;

/** The faces of a run, and what their masks have in common. */
interface GatheredFaces extends FaceSets {
  /** Of the faces to train on; null where the network begins at none. */
  readonly prior: MaskPrior | null;
  /** What became of the faces of both splits, and of those that a run which goes on does not know. */
  readonly counts: readonly FaceCount[];
  /** Leaves out a face that cannot be read when its turn comes. */
  readonly reject: OnReject;
}

/**
 * Looks at what is trained and validated on. Where the faces are few, they are decoded at the size of the
 * network's input; of many, only the headers are read, and what else is wrong shows in the first epoch.
 *
 * @param list The faces that the run began with, if it goes on.
 * @throws {Error} If there is nothing to train on, more faces are missing than may be, or the run began with
 * other labels or landmarks.
 */
export async function gatherFaces(
  options: TrainOptions,
  list: readonly ListedFace[] | null,
  pictures: RunPictures,
): Promise<GatheredFaces> {
  const { config, signal, onGather, onDamaged } = options;
  const mask = maskSize(config.network);
  const sets: FaceSets = { train: [], validation: [] };
  const isContext = config.network.maskHead === "context";
  const prior = isContext ? new MaskPrior(mask.height * mask.width) : null;
  const counters = newCounters();
  const left: FaceRecord[] = [];
  const reject = (record: FaceRecord, reason: string) => {
    left.push(record);
    counters.training.leave(record.image, reason);
    options.onReject?.(record, reason);
  };
  const records = await chooseRecords(options, list, counters, reject);
  const headersOnly = !await pictures.open(records);
  const settings = { reader: pictures, headersOnly, onDamaged };
  const isPriors = everyNth(records, PRIOR_FACES);
  let done = 0;
  for await (const face of loadFaces(records, config.network.input, reject, settings)) {
    signal?.throwIfAborted();
    onGather?.(++done, records.length);
    const split = face.record.split as keyof FaceSets;
    const polygons = split === "train" && prior && isPriors() ? regionsOf(face.record) : null;
    if (polygons) prior!.add(regionBitsOf(polygons, mask));
    const repaired = config.labelRepair ? repairLabels(face, mask) : face;
    const isDropped = face.pixels && !pictures.takes(face.pixels);
    sets[split].push(isDropped ? { ...repaired, pixels: null } : repaired);
  }
  for (const { path } of left) await pictures.skip(path);
  const { training, fresh } = counters;
  requireFaces(training.count, sets.train.length > 0, config.allowMissing);
  const counts = [training.count, ...fresh.count.faces > 0 ? [fresh.count] : []];
  const late = new Set<string>();
  const rejectLater: OnReject = (record, reason) => {
    if (headersOnly && !late.has(record.image)) {
      late.add(record.image);
      training.leave(record.image, reason);
      requireFaces(training.count, true, config.allowMissing);
    }
    options.onReject?.(record, reason);
  };
  return { ...list ? asBegun(sets, list) : sets, prior, counts, reject: rejectLater };
}

/** Says of each face that is trained on whether it is one of about `most` that lie evenly among all. */
function everyNth(records: readonly FaceRecord[], most: number): () => boolean {
  const total = records.filter(({ split }) => split === "train").length;
  const step = Math.ceil(total / most);
  let at = 0;
  return () => at++ % step === 0;
}
