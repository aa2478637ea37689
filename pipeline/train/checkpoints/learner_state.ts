/**
 * What a learner has learnt, as the tensors of a checkpoint: weights by their names, and behind
 * `velocity/` and the like what the optimiser keeps of each.
 */

import * as tf from "@tensorflow/tfjs-core";
import { type NamedTensor, readTensors } from "./checkpoint.ts";
import type { Learner } from "../../compute/learner.ts";

/** Reads the state back from the device. */
export function stateOf({ network, optimizer }: Learner): Promise<NamedTensor[]> {
  const weights = network.weights.map((weight) => [nameOf(weight), variableOf(weight)] as const);
  const kept = network.trainableWeights.flatMap((weight) =>
    [...optimizer.stateOf(variableOf(weight))].map(([slot, tensor]) =>
      [`${slot}/${nameOf(weight)}`, tensor] as const
    )
  );
  return readTensors([...weights, ...kept]);
}

/**
 * Gives a learner a state.
 *
 * @param steps The steps that led to it.
 * @throws {SyntaxError} If something is missing, or of another shape.
 */
export function restoreState(
  { network, optimizer }: Learner,
  tensors: readonly NamedTensor[],
  steps: number,
): void {
  const saved = finderIn(tensors);
  restoreWeights(network, tensors);
  tf.tidy(() => {
    for (const weight of network.trainableWeights) {
      const slots = [...optimizer.stateOf(variableOf(weight))];
      const state = slots.map(([slot, tensor]) =>
        [slot, saved(`${slot}/${nameOf(weight)}`, tensor)] as const
      );
      optimizer.restore(variableOf(weight), new Map(state));
    }
  });
  optimizer.steps = steps;
}

/**
 * Gives a network the weights of a learner's state.
 *
 * @throws {SyntaxError} As of {@linkcode restoreState}.
 */
export function restoreWeights(
  { weights }: Learner["network"],
  tensors: readonly NamedTensor[],
): void {
  const saved = finderIn(tensors);
  tf.tidy(() => {
    for (const weight of weights) {
      const variable = variableOf(weight);
      variable.assign(saved(nameOf(weight), variable));
    }
  });
}

/** Finds the tensor of a name, which is to have the shape of another one. */
function finderIn(tensors: readonly NamedTensor[]) {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return (name: string, { shape }: { readonly shape: readonly number[] }): tf.Tensor => {
    const found = byName.get(name);
    if (!found) throw new SyntaxError(`Cannot resume: the checkpoint lacks ${name}`);
    if (String(found.shape) === String(shape)) return tf.tensor(found.data, found.shape);
    throw new SyntaxError(
      `Cannot resume: the checkpoint's ${name} is [${found.shape}], the network's is [${shape}]`,
    );
  };
}

type Weight = Learner["network"]["weights"][number];

/** A variable's own name depends on what else the process has built; this one does not. */
function nameOf({ originalName }: Weight): string {
  return originalName;
}

function variableOf(weight: Weight): tf.Variable {
  return weight.read() as tf.Variable;
}
