/**
 * What the losses want of a batch: labels as numbers, the regions in which each map is to be 1, and how
 * much every label and every map counts.
 */

import type { LossTargets } from "../../kernels/joint_loss.ts";
import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { attributeRegionMasks } from "../face/regions.ts";
import type { NarrowSettings, TargetSettings } from "../network/settings.ts";

const A = ATTRIBUTES.length;

/** Weights of an attribute's positive and negative labels; one on average over the training data. */
export interface ClassWeights {
  /** f64 [A] */
  readonly positive: Float64Array;
  /** f64 [A] */
  readonly negative: Float64Array;
}

export const EVEN_CLASSES: ClassWeights = {
  positive: new Float64Array(A).fill(1),
  negative: new Float64Array(A).fill(1),
};

/**
 * Weights by which both classes of every attribute count alike: the inverse of twice their shares. An
 * attribute that all faces have, or none, keeps its weight.
 */
export function classWeights(labels: readonly number[]): ClassWeights {
  const weights = { positive: new Float64Array(A).fill(1), negative: new Float64Array(A).fill(1) };
  for (let a = 0; a < A; a++) {
    const share = labels.filter((bits) => hasAttribute(bits, a)).length / labels.length;
    if (!(share > 0 && share < 1)) continue;
    weights.positive[a] = 1 / (2 * share);
    weights.negative[a] = 1 / (2 * (1 - share));
  }
  return weights;
}

/** What is wanted of faces with these labels. */
export function lossTargets(
  labels: readonly number[],
  { maskTarget, maskBalance, classBalance }: TargetSettings,
  classes: ClassWeights,
): LossTargets {
  const size = labels.length * A;
  const regions = attributeRegionMasks();
  const targets = {
    labels: new Float32Array(size),
    wanted: new Uint32Array(size),
    labelWeights: new Float32Array(size).fill(1),
    maskWeights: new Float32Array(size).fill(1),
  };
  labels.forEach((bits, b) => {
    for (let a = 0; a < A; a++) {
      const i = b * A + a;
      const isPositive = hasAttribute(bits, a);
      const weight = (isPositive ? classes.positive : classes.negative)[a]!;
      if (isPositive) targets.labels[i] = 1;
      if (isPositive || maskTarget === "region") targets.wanted[i] = regions[a]!;
      if (classBalance) targets.labelWeights[i] = weight;
      if (maskBalance) targets.maskWeights[i] = weight;
    }
  });
  return targets;
}

/**
 * Smooths labels, and takes the weight of attributes that are not wanted: what is left weighs one on
 * average, so that both losses are means over the wanted ones.
 */
export function narrowTargets(
  targets: LossTargets,
  { attributes, labelSmoothing }: NarrowSettings,
): LossTargets {
  const wanted = new Set<string>(attributes);
  const weights = ATTRIBUTES.map((name) => wanted.has(name) ? A / wanted.size : 0);
  const weigh = (all: Float32Array) => all.map((weight, i) => weight * weights[i % A]!);
  const smooth = (label: number) => (1 - labelSmoothing) * label + labelSmoothing / 2;
  return {
    ...targets,
    labels: labelSmoothing === 0 ? targets.labels : targets.labels.map(smooth),
    labelWeights: wanted.size === A ? targets.labelWeights : weigh(targets.labelWeights),
    maskWeights: wanted.size === A ? targets.maskWeights : weigh(targets.maskWeights),
  };
}
