/** How long a training step takes on a backend. */

import { type Backend, selectBackend } from "./backend.ts";
import { type Batch, makeBatch, NO_CHANGE, type WholeFace } from "../face/batches.ts";
import { buildNetwork, maskSize, type NetworkConfig } from "../network/network.ts";
import { trainConfig } from "../network/presets.ts";
import { Learner } from "./learner.ts";

/** A network and the size of its batches. */
export interface StepWork {
  readonly network: NetworkConfig;
  /** Images a batch. */
  readonly batch: number;
}

/** Steps that are timed one by one after the first, which compiles; the fastest counts. */
const STEPS = 2;
/** Seconds below which a step is timed among others: waiting for a device alone takes 0.01 s in Deno. */
const SHORT = 0.1;
/** Steps that are then waited for together, as in training. */
const TOGETHER = 8;

/**
 * Seconds of one training step on grey images.
 *
 * @param enough Seconds after which no second step is worth it: the first one's time is then the answer.
 */
export async function timeStep(
  backend: Backend,
  work: StepWork,
  enough = Infinity,
): Promise<number> {
  await selectBackend(backend);
  const settings = trainConfig("lite");
  const network = buildNetwork(work.network, settings.seed);
  try {
    using learner = new Learner(backend, network, settings);
    const batch = greyBatch(work);
    const first = await seconds(learner, batch, 1);
    if (first > enough) return first;
    let best = Infinity;
    for (let step = 0; step < STEPS; step++) {
      best = Math.min(best, await seconds(learner, batch, 1));
    }
    return best < SHORT ? Math.min(best, await seconds(learner, batch, TOGETHER)) : best;
  } finally {
    network.dispose();
  }
}

/** Seconds a step, of several that are awaited together. */
async function seconds(learner: Learner, batch: Batch, steps: number): Promise<number> {
  const start = performance.now();
  for (let step = 1; step < steps; step++) learner.step(batch).dispose();
  const losses = learner.step(batch);
  await losses.data();
  losses.dispose();
  return (performance.now() - start) / 1000 / steps;
}

/** Grey images: a step takes as long on them. */
function greyBatch({ network, batch }: StepWork): Batch {
  const { input } = network;
  const record = { image: "", path: "", split: null, labels: 0, size: null, box: null };
  const face: WholeFace = {
    record: { ...record, points: null, rejected: null },
    labels: 0,
    pixels: new Uint8Array(input.height * input.width * 3).fill(128),
  };
  const plan = { input, mask: maskSize(network), augmentation: NO_CHANGE };
  return makeBatch(Array.from({ length: batch }, () => face), plan, null);
}
