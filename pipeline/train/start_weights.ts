/** Starting from another run's weights. */

import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { readModel } from "./files/model_folder.ts";

/**
 * Gives a network the weights of a run's model.
 *
 * @throws {Error} If a weight of one is missing in the other or has another shape; it names the first.
 */
export async function startFrom(network: LayersModel, run: string): Promise<void> {
  const model = await readModel(run);
  try {
    const saved = new Map(model.weights.map((weight) => [weight.originalName, weight]));
    const difference = differenceOf(network.weights, saved);
    if (difference) throw new Error(`Cannot start from ${run}: ${difference}`);
    for (const weight of network.weights) {
      (weight.read() as tf.Variable).assign(saved.get(weight.originalName)!.read());
    }
  } finally {
    model.dispose();
  }
}

type Weight = LayersModel["weights"][number];

function differenceOf(
  weights: readonly Weight[],
  saved: ReadonlyMap<string, Weight>,
): string | null {
  for (const { originalName: name, shape } of weights) {
    const other = saved.get(name);
    if (!other) return `it has no ${name}`;
    if (String(other.shape) === String(shape)) continue;
    return `its ${name} is [${other.shape}], and this network's is [${shape}]`;
  }
  const own = new Set(weights.map(({ originalName }) => originalName));
  const extra = [...saved.keys()].find((name) => !own.has(name));
  return extra === undefined ? null : `it has ${extra}, and this network has not`;
}
