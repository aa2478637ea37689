/** What a card says in words. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { type Metrics, seenText } from "../../metrics/metrics.ts";
import type { RunConfig } from "../files/run_folder.ts";

export const LICENCE =
  "Not known to the program: it follows from the training data. CelebA's images are for non-commercial " +
  "research only, and whether a network trained on them may be used otherwise is not settled.";

export const INTENDED_USE: readonly string[] = [
  "Research on face attributes and on where in the image they show.",
  "Images framed and lit as those of the training, one face each.",
];

const LIMITS: readonly string[] = [
  'The labels are opinions of annotators, "Attractive", "Young" or "Big_Nose" above all, and "Male" is how ' +
  "a face looked to them: the network repeats these opinions, with the prejudice in them.",
  "Not for decisions about people, nor for telling who somebody is.",
  "How well it does for people of different age, skin or origin has not been measured.",
  "A probability is trustworthy only as far as its calibration was measured, on faces like those.",
];

/** What a network is not good for. */
export function limitsOf(config: RunConfig, metrics: Metrics | null): string[] {
  const { segmentationWeight, attributes } = config;
  const seen = metrics && seenText(metrics);
  return [
    ...LIMITS,
    ...segmentationWeight === 0 ? ["It was trained without masks: its maps say nothing."] : [],
    ...attributes.length < ATTRIBUTES.length
      ? [
        `Only ${attributes.length} of its ${ATTRIBUTES.length} outputs were trained; the others answer by chance.`,
      ]
      : [],
    ...seen ? [`${seen[0]!.toUpperCase()}${seen.slice(1)}.`] : [],
  ];
}
