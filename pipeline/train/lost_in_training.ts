/** A GPU that is lost in the middle of a training. */

import type { DeviceLost } from "../../kernels/webgpu/gpu.ts";

/**
 * Says what has been kept and how to go on.
 *
 * @param step The step (from 0) at hand.
 * @param saved Steps that were done at the last checkpoint, or null if there was none.
 */
export function lostInTraining(loss: DeviceLost, step: number, saved: number | null): Error {
  const kept = saved === null
    ? "There was no checkpoint yet, and --resume starts from the first step"
    : `The checkpoint after step ${saved - 1} is kept, and --resume goes on from it`;
  return new Error(
    `${loss.message} at step ${step} of the training. ${kept}: on the same kind of device with the ` +
      "numbers of a run that was not stopped, without a GPU (--backend wasm) with others in rounding",
    { cause: loss },
  );
}
