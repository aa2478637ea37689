/** `metrics.json` as it is read back: by reports and comparisons, and for its thresholds. */

import { ATTRIBUTES } from "../face/attributes.ts";
import {
  count,
  fields,
  list,
  nullable,
  number,
  oneOf,
  optional,
  record,
  type Shape,
  share,
  text,
  tuple,
} from "../files/json_shape.ts";
import { FACE_COUNT } from "../face/face_count.ts";
import { parseMarked } from "../files/schema.ts";
import type { Metrics } from "./measures.ts";
import { RESAMPLED } from "./weighted_measures.ts";

const measure = nullable(number);

/** An object with a measure under each of the names. */
function measures(...names: readonly string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, measure]));
}

/** Measures that files of older versions lack. */
const LATER = ["localisationIoU", "priorIoU", "pointing"] as const;

const NONE = Object.fromEntries(LATER.map((name) => [name, null]));

const NONE_RESAMPLED = { localisationIoU: null, pointing: null };

const laterMeasures = Object.fromEntries(LATER.map((name) => [name, optional(measure)]));

/** A list of A objects that carry the attributes' names in their order. */
function perAttribute(shapes: Readonly<Record<string, Shape>>): Shape {
  return tuple(...ATTRIBUTES.map((name) => fields({ name: oneOf(name), ...shapes })));
}

const PART_TRUTH = fields({ masks: text, parts: record(list(text)) });

/** What *where* was measured against, in files that say so. */
export const TRUTH: Shape = optional((value) => value === "landmarks" ? null : PART_TRUTH(value));

const MEASURES = fields({
  split: text,
  images: count,
  ...measures("accuracy", "balancedAccuracy", "majorityAccuracy", "maskIoU"),
  ...laterMeasures,
  landmarkIoU: optional(measure),
  truth: TRUTH,
  faces: optional(list(FACE_COUNT)),
  seen: optional(nullable(fields({ trained: count, validated: count }))),
  attributes: perAttribute({
    ...measures(
      ...["accuracy", "positiveAccuracy", "negativeAccuracy", "precision", "recall", "f1"],
      ...["averagePrecision", "maskIoU"],
    ),
    ...laterMeasures,
    landmarkIoU: optional(measure),
  }),
});

const INTERVALS: Readonly<Record<string, Shape>> = Object.fromEntries(
  RESAMPLED.map((name) => {
    const interval = nullable(tuple(number, number));
    return [name, name in NONE ? optional(interval) : interval];
  }),
);
const TUNED = measures("accuracy", "balancedAccuracy", "f1");

const EVIDENCE = fields({
  ...measures("averagePrecision", "brierScore", "calibrationError"),
  bins: list(fields({ count, probability: measure, positives: measure })),
  intervals: fields({
    ...{ level: number, resamples: count, seed: number, ...INTERVALS },
    without: optional(record(text)),
  }),
  tuned: nullable(fields({ split: text, images: count, ...TUNED })),
  consistency: list(fields({ rule: text, predicted: count, labelled: count })),
  attributes: perAttribute({
    ...{ truePositives: count, falsePositives: count, trueNegatives: count, falseNegatives: count },
    ...measures("brierScore", "calibrationError"),
    intervals: fields(INTERVALS),
    tuned: nullable(fields({ threshold: share, ...TUNED })),
  }),
});

/** What thresholds are taken from; runs of older versions have none. */
const THRESHOLDS = fields({
  tuned: nullable(fields({})),
  attributes: list(fields({ name: text, tuned: nullable(fields({ threshold: share })) })),
});

/**
 * Reads the text of `metrics.json`. Measures that a file of an older version lacks are null.
 *
 * @throws {SyntaxError} With `path:line`, if something of it is missing or no number.
 */
export function parseMetrics(source: string, path: string): Metrics {
  const metrics = parseMarked("metrics", source, path) as unknown as Metrics;
  const misfit = MEASURES(metrics);
  if (misfit !== null) {
    throw new SyntaxError(
      `${path}:1: the measures of a split and its 40 attributes are expected: ${told(misfit)}`,
    );
  }
  if (metrics.evidence === undefined) return completed(metrics);
  const gap = EVIDENCE(metrics.evidence);
  if (gap === null) return completed(metrics);
  throw new SyntaxError(`${path}:1: the evidence is not complete: ${told(gap)}`);
}

function completed(metrics: Metrics): Metrics {
  const { evidence } = metrics;
  const withIntervals = <T extends { readonly intervals: object }>(of: T): T => ({
    ...of,
    intervals: { ...NONE_RESAMPLED, ...of.intervals },
  });
  return {
    ...NONE,
    ...metrics,
    attributes: metrics.attributes.map((attribute) => ({ ...NONE, ...attribute })),
    ...(evidence && {
      evidence: {
        ...withIntervals(evidence),
        attributes: evidence.attributes.map(withIntervals),
      },
    }),
  };
}

/**
 * The attributes' own thresholds, by their names, from the text of `metrics.json`.
 *
 * @returns Null if none were chosen.
 * @throws {SyntaxError} With `path:line`, if one is no share.
 */
export function parseThresholds(source: string, path: string): Map<string, number | null> | null {
  const { evidence } = parseMarked("metrics", source, path);
  if (evidence === undefined) return null;
  const misfit = THRESHOLDS(evidence);
  if (misfit !== null) {
    throw new SyntaxError(`${path}:1: the evidence is not complete: ${told(misfit)}`);
  }
  const { tuned, attributes } = evidence as NonNullable<Metrics["evidence"]>;
  if (tuned === null) return null;
  return new Map(attributes.map(({ name, tuned }) => [name, tuned?.threshold ?? null]));
}

/** What does not fit, without the dot before the first name. */
function told(misfit: string): string {
  return misfit.replace(/^[. ]/, "");
}
