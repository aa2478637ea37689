/**
 * The faces of a training run: decoded, repaired, and kept as far as there is room.
 *
 * @module
 */

import { loadFaces, type OnReject } from "../faces.ts";
import { maskSize } from "../network.ts";
import { MaskPrior } from "../network/mask_prior.ts";
import type { FaceRecord } from "../record.ts";
import type { TrainOptions } from "../train.ts";
import { regionBitsOf } from "./region_bits.ts";
import { repairLabels } from "./repair_labels.ts";
import type { FaceSets } from "./session.ts";

/** Bytes of pixels that are kept; what is beyond is decoded again for each epoch. */
const PIXEL_BUDGET = 2 ** 31;

/** The faces of a run, and what their masks have in common. */
export interface GatheredFaces extends FaceSets {
  /** Of the faces to train on; null where the network begins at none. */
  readonly prior: MaskPrior | null;
}

/** Decodes what is trained and validated on at the size of the network's input. */
export async function gatherFaces(options: TrainOptions): Promise<GatheredFaces> {
  const { config, signal } = options;
  const mask = maskSize(config.network);
  const sets: FaceSets = { train: [], validation: [] };
  const isContext = config.network.maskHead === "context";
  const prior = isContext ? new MaskPrior(mask.height * mask.width) : null;
  let kept = 0;
  const reject = options.onReject ?? (() => {});
  const records = usable(options.records, reject);
  for await (
    const face of loadFaces(
      records,
      config.network.input,
      reject,
      options.onDamaged,
    )
  ) {
    signal?.throwIfAborted();
    const split = face.record.split as keyof FaceSets;
    if (split === "train" && face.polygons) prior?.add(regionBitsOf(face.polygons, mask));
    const repaired = config.labelRepair ? repairLabels(face, mask) : face;
    const fits = (kept += face.pixels?.length ?? 0) <= (options.pixelBudget ?? PIXEL_BUDGET);
    sets[split].push(fits ? repaired : { ...repaired, pixels: null });
  }
  return { ...sets, prior };
}

/** Records of the two splits that have points; the rest never has its image decoded. */
async function* usable(records: AsyncIterable<FaceRecord>, reject: OnReject) {
  for await (const record of records) {
    if (record.split !== "train" && record.split !== "validation") continue;
    if (record.rejected === null && record.points === null) reject(record, "it has no landmarks");
    else yield record;
  }
}
