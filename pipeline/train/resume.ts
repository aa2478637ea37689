/** What a run that goes on must have in common with what it was. */

import type { Face } from "../face/faces.ts";
import { changedSetting, flatten } from "../network/settings.ts";
import type { TrainOptions } from "./options.ts";
import { type ListedFace, readFaceList } from "./faces/face_list.ts";
import { differenceOf, fingerprintOf } from "./faces/fingerprint.ts";
import type { RunConfig } from "./files/run_folder.ts";

/**
 * A run is resumed with the settings it was started with, but for those that do not change its steps.
 *
 * @throws {Error} If another one has changed, or it was never trained here.
 */
export function checkSameSettings(
  before: RunConfig,
  { config, out, backend, log }: TrainOptions,
): void {
  if (before.data?.imported !== undefined) {
    throw new Error(
      `Cannot resume ${out}, which was imported: train --from it into another folder`,
    );
  }
  const name = changedSetting(before, config);
  if (name !== null) {
    const [old, now] = [before, config].map((config) => JSON.stringify(flatten(config)[name]));
    throw new Error(`Cannot resume ${out}: it was started with ${name} ${old}, not ${now}`);
  }
  if (before.backend === backend.name) return;
  log?.(
    `The run was started on ${before.backend}: on ${backend.name} its numbers differ in rounding`,
  );
}

/** The faces with which a run began; null where that is not known. */
export async function facesBefore(
  { fingerprint }: RunConfig,
  { out, log }: TrainOptions,
): Promise<ListedFace[] | null> {
  try {
    const list = await readFaceList(out);
    if (!list || !fingerprint || list.length === fingerprint.faces) return list;
    throw new SyntaxError(
      `The list of the run's faces has ${list.length} of its ${fingerprint.faces}`,
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    log?.(`${error.message}; the run goes on if the data set's faces are the same`);
    return null;
  }
}

/**
 * Holds the faces against those of a run without a list.
 *
 * @throws {Error} If they differ.
 */
export function checkSameFaces({ fingerprint }: RunConfig, faces: readonly Face[]): void {
  // Older versions kept none.
  const difference = fingerprint ? differenceOf(fingerprint, fingerprintOf(faces)) : null;
  if (difference !== null) {
    throw new Error(`Cannot resume the run: it was started with ${difference}`);
  }
}
