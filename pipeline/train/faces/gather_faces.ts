/** The faces of a training run: decoded, repaired, and kept as far as there is room. */

import type { FaceCount } from "../../face/face_count.ts";
import { loadFaces } from "../../face/faces.ts";
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

/** Bytes of pixels that are kept; what is beyond is decoded again for each epoch. */
const PIXEL_BUDGET = 2 ** 31;

/** The faces of a run, and what their masks have in common. */
interface GatheredFaces extends FaceSets {
  /** Of the faces to train on; null where the network begins at none. */
  readonly prior: MaskPrior | null;
  /** What became of the faces of both splits, and of those that a run which goes on does not know. */
  readonly counts: readonly FaceCount[];
}

/**
 * Decodes what is trained and validated on at the size of the network's input.
 *
 * @param list The faces that the run began with, if it goes on.
 * @throws {Error} If there is nothing to train on, more faces are missing than may be, or the run began with
 * other labels or landmarks.
 */
export async function gatherFaces(
  options: TrainOptions,
  list: readonly ListedFace[] | null,
): Promise<GatheredFaces> {
  const { config, signal, onGather, onDamaged } = options;
  const mask = maskSize(config.network);
  const sets: FaceSets = { train: [], validation: [] };
  const isContext = config.network.maskHead === "context";
  const prior = isContext ? new MaskPrior(mask.height * mask.width) : null;
  const counters = newCounters();
  const reject = (record: FaceRecord, reason: string) => {
    counters.training.leave(record.image, reason);
    options.onReject?.(record, reason);
  };
  const records = await chooseRecords(options, list, counters, reject);
  let [kept, done] = [0, 0];
  const source = ReadableStream.from(records);
  for await (const face of loadFaces(source, config.network.input, reject, onDamaged)) {
    signal?.throwIfAborted();
    onGather?.(++done, records.length);
    const split = face.record.split as keyof FaceSets;
    if (split === "train" && face.polygons) prior?.add(regionBitsOf(face.polygons, mask));
    const repaired = config.labelRepair ? repairLabels(face, mask) : face;
    const fits = (kept += face.pixels?.length ?? 0) <= (options.pixelBudget ?? PIXEL_BUDGET);
    sets[split].push(fits ? repaired : { ...repaired, pixels: null });
  }
  const { training, fresh } = counters;
  requireFaces(training.count, sets.train.length > 0, config.allowMissing);
  const counts = [training.count, ...fresh.count.faces > 0 ? [fresh.count] : []];
  return { ...list ? asBegun(sets, list) : sets, prior, counts };
}
