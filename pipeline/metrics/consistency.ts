/** Logical consistency: faces of which two things are said that exclude each other. */

import { type Attribute, ATTRIBUTES, labelsOf } from "../face/attributes.ts";
import { isLearnt, type Predictions } from "./predictions.ts";

/** Attributes that exclude each other by what the words mean. */
interface Rule {
  /** In words, for a reader. */
  readonly name: string;
  /** Any of these … */
  readonly one: readonly Attribute[];
  /** … contradicts any of these. Absent: no two of `one` go together. */
  readonly other?: readonly Attribute[];
}

/**
 * The rules. Only what the words exclude is here, not what is merely rare (men with lipstick), and only
 * where the annotators saw it so too: the share of CelebA's 202,599 faces whose labels break a rule
 * stands behind it. A few candidates fell by that: `No_Beard` with `5_o_Clock_Shadow` (3.1 %; a
 * shadow is no beard to many) and `Bald` with `Gray_Hair` or `Receding_Hairline` (24 % and 33 % of
 * the bald: the hair at the sides).
 */
export const RULES: readonly Rule[] = [
  // 0.28 %
  {
    name: "no beard, yet facial hair",
    one: ["No_Beard"],
    other: ["Goatee", "Mustache", "Sideburns"],
  },
  // 0.04 %
  {
    name: "bald, yet a hair style",
    one: ["Bald"],
    other: ["Bangs", "Straight_Hair", "Wavy_Hair"],
  },
  // 0.03 %
  {
    name: "bald, yet a hair colour",
    one: ["Bald"],
    other: ["Black_Hair", "Blond_Hair", "Brown_Hair"],
  },
  // 0.002 %
  { name: "bangs over a receding hairline", one: ["Bangs"], other: ["Receding_Hairline"] },
  // 0.57 %
  { name: "hair both straight and wavy", one: ["Straight_Hair"], other: ["Wavy_Hair"] },
  // 1.44 %, most of it where one shade passes into the next
  {
    name: "several hair colours",
    one: ["Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair"],
  },
];

/** How many faces break a rule. */
export interface ConsistencyCount {
  /** The rule in words; `any of these` over all of them. */
  readonly rule: string;
  /** Faces whose predictions (at one half) break it. */
  readonly predicted: number;
  /** Faces whose labels do: what a perfect network would come to. */
  readonly labelled: number;
}

/** Counts for each rule, and in a last one the faces that break any. */
export function countContradictions(predictions: Predictions): ConsistencyCount[] {
  const { labels } = predictions;
  const predicted = labels.map((_, face) => predictedLabels(predictions, face));
  const count = (rule: string, breaks: (labels: number) => boolean): ConsistencyCount => ({
    rule,
    predicted: predicted.filter(breaks).length,
    labelled: labels.filter(breaks).length,
  });
  const tests = RULES.map(contradictionOf);
  return [
    ...RULES.map(({ name }, at) => count(name, tests[at]!)),
    count("any of these", (labels) => tests.some((breaks) => breaks(labels))),
  ];
}

/** Says of label bits whether they break a rule. */
export function contradictionOf({ one, other }: Rule): (labels: number) => boolean {
  const ones = one.map((name) => labelsOf([name]));
  const others = other?.map((name) => labelsOf([name]));
  const has = (labels: number) => (bit: number) => Math.floor(labels / bit) % 2 === 1;
  return (labels) =>
    others
      ? ones.some(has(labels)) && others.some(has(labels))
      : ones.filter(has(labels)).length > 1;
}

/** What is predicted of a face, of attributes that the network has learnt. */
function predictedLabels(predictions: Predictions, face: number): number {
  return ATTRIBUTES.reduce((bits, _, column) => {
    const isPredicted = predictions.logits[face * ATTRIBUTES.length + column]! > 0;
    return isPredicted && isLearnt(predictions, column) ? bits + 2 ** column : bits;
  }, 0);
}
