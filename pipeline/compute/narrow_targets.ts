/**
 * Targets of a training that wants some attributes only, or is not to be too sure of its labels.
 *
 * @module
 */

import type { LossTargets } from "../../kernels/joint_loss.ts";
import { type Attribute, ATTRIBUTES } from "../face/attributes.ts";

const A = ATTRIBUTES.length;

/** What of the targets counts; part of a run's configuration. */
export interface NarrowSettings {
  /** Attributes that are learnt. The network answers for all, but for the others by chance. */
  readonly attributes: readonly Attribute[];
  /** How far labels are moved towards one half: with 0.1, 0 becomes 0.05 and 1 becomes 0.95. */
  readonly labelSmoothing: number;
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
