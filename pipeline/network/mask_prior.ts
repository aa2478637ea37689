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
  /** Sets of regions: several attributes share one. */
  readonly #sets: readonly number[];
  /** u32 [h, w, sets] */
  readonly #inside: Uint32Array;
  #faces = 0;

  /** @param cells h·w */
  constructor(cells: number) {
    this.#sets = [...new Set(attributeRegionMasks())];
    this.#inside = new Uint32Array(cells * this.#sets.length);
  }

  /** Adds a face by its region bits, u32 [h, w]. */
  add(bits: Uint32Array): void {
    const [sets, inside] = [this.#sets, this.#inside];
    this.#faces++;
    for (let cell = 0; cell < bits.length; cell++) {
      const word = bits[cell]!;
      if (word === 0) continue;
      const at = cell * sets.length;
      for (let set = 0; set < sets.length; set++) {
        if ((word & sets[set]!) !== 0) inside[at + set]!++;
      }
    }
  }

  /** f32 [h, w, A]: log odds of the share of faces; finite, since a face more of either kind is counted in. */
  logits(): Float32Array<ArrayBuffer> {
    const set = attributeRegionMasks().map((regions) => this.#sets.indexOf(regions));
    const cells = this.#inside.length / this.#sets.length;
    const logits = new Float32Array(cells * A);
    for (let at = 0; at < logits.length; at++) {
      const inside = this.#inside[Math.floor(at / A) * this.#sets.length + set[at % A]!]!;
      const share = (inside + UNSEEN / 2) / (this.#faces + UNSEEN);
      logits[at] = Math.log(share / (1 - share));
    }
    return logits;
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
