/**
 * Targets of a training that wants some attributes only, or is not to be too sure of its labels.
 *
 * @module
 */

import type { LossTargets } from "../../kernels/joint_loss.ts";
import { ATTRIBUTES } from "../face/attributes.ts";
import type { NarrowSettings } from "../network/settings.ts";

const A = ATTRIBUTES.length;

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
