/** The words of a comparison, for the terminal and for the page. */

import type { Interval, ResampledName } from "../metrics/metrics.ts";
import { percent } from "../report/text.ts";

/** The measures in the order in which they are shown. */
export const MEASURES: readonly (readonly [name: ResampledName, title: string])[] = [
  ["accuracy", "Accuracy"],
  ["balancedAccuracy", "Balanced"],
  ["averagePrecision", "AP"],
  ["localisationIoU", "Localisation"],
  ["pointing", "Pointing"],
  ["maskIoU", "Joint IoU"],
  ["tunedAccuracy", "Tuned accuracy"],
  ["tunedBalancedAccuracy", "Tuned balanced"],
];

/** `77.7 to 81.0`, each end as `end` writes it; in words if the faces are too few for one. */
export function intervalText(
  interval: Interval | null,
  end: (share: number) => string = percent,
): string {
  if (interval === null) return "too few faces";
  const [low, high] = interval;
  return `${end(low)} to ${end(high)}`;
}

/** `p 0.031`, or `p < 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p ${p.toFixed(3)}`;
}

/** The tests of the attributes' accuracies, named. */
export const TESTS = { McNemar: "McNemar’s mid-p test", "paired sign": "the paired sign test" };

/** What there is to say where nothing is held against anything. */
export const ONE_SETTING =
  "All runs differ in the seed alone: they are one setting, which has nothing " +
  "to be held against.";
