/**
 * The prior of the masks: what a constant picture says of every face, the mean mask of those trained on. A
 * mask head with context begins there, and what it learns is held against it.
 */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ATTRIBUTES } from "../face/attributes.ts";
import { attributeRegionMasks } from "../face/regions.ts";
import { priorLayer } from "./layer_stack.ts";

const A = ATTRIBUTES.length;

/** Faces that are in every mean beside those that are there: half in the region, half outside. */
const UNSEEN = 1;

/** Counts in how many faces each cell lies in an attribute's regions. */
export class MaskPrior {
  readonly #inside: Float64Array;
  #faces = 0;

  /** @param cells h·w */
  constructor(cells: number) {
    this.#inside = new Float64Array(cells * A);
  }

  /** Adds a face by its region bits, u32 [h, w]. */
  add(bits: Uint32Array): void {
    const regions = attributeRegionMasks();
    this.#faces++;
    for (let cell = 0, at = 0; cell < bits.length; cell++) {
      for (let a = 0; a < A; a++, at++) {
        if ((bits[cell]! & regions[a]!) !== 0) this.#inside[at]!++;
      }
    }
  }

  /** f32 [h, w, A]: log odds of the share of faces; finite, since a face more of either kind is counted in. */
  logits(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#inside, (inside) => {
      const share = (inside + UNSEEN / 2) / (this.#faces + UNSEEN);
      return Math.log(share / (1 - share));
    });
  }
}

/** Gives a network the prior that its mask head begins at; without such a head, nothing happens. */
export function setMaskPrior(network: LayersModel, prior: MaskPrior): void {
  const layer = priorLayer(network);
  if (!layer) return;
  const shift = layer.weights[0]!.read() as tf.Variable;
  tf.tidy(() => shift.assign(tf.tensor(prior.logits(), shift.shape)));
}

/** The prior of a network as probabilities, f32 [h, w, A]; null if its mask head has none. */
export async function maskPrior(network: LayersModel): Promise<Float32Array | null> {
  const shift = priorLayer(network)?.weights[0];
  if (!shift) return null;
  return Float32Array.from(await shift.read().data(), (logit) => 1 / (1 + Math.exp(-logit)));
}
