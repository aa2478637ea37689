/**
 * The mean mask of the faces that a network was trained on.
 *
 * @module
 */

import type { LayersModel } from "@tensorflow/tfjs-layers";

/** The prior of each map's cells, f32 [h, w, A], 0 to 1; null where the network carries none. */
export function maskPrior(_network: LayersModel): Float32Array | null {
  return null;
}
