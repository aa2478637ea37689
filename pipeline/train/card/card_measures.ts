/** What a card says of an evaluation. */

import {
  type AttributeEvidence,
  type AttributeMetrics,
  balancedAccuracyOf,
  type Interval,
  type Intervals,
  type Metrics,
  type Truth,
} from "../../metrics/metrics.ts";

/** A measure, a share from 0 to 1, and its interval; null where there is none. */
export interface CardMeasure {
  readonly value: number | null;
  readonly interval: Interval | null;
}

/** Measures by their names. */
type Named = Readonly<Record<typeof MEASURES[number], CardMeasure>>;

/** Measures of an attribute, and their means over all. */
export const MEASURES = [
  "accuracy",
  "balancedAccuracy",
  "averagePrecision",
  "localisationIoU",
  "pointing",
] as const;

/** Measures that are told as means: those, and three more. */
export const MEANS = [
  ...MEASURES,
  "majorityAccuracy",
  "tunedAccuracy",
  "tunedBalancedAccuracy",
] as const;

/** Measures of one split. */
export interface CardMeasures {
  readonly split: string;
  /** Faces measured. */
  readonly images: number;
  /** What localisation and pointing are measured against. */
  readonly truth: Truth;
  /** Share of resamples in an interval. */
  readonly level: number | null;
  readonly means: Named & {
    /** Of always answering the more frequent class. */
    readonly majorityAccuracy: CardMeasure;
    /** At the thresholds of the card. */
    readonly tunedAccuracy: CardMeasure;
    readonly tunedBalancedAccuracy: CardMeasure;
  };
  readonly attributes: Readonly<Record<string, Named>>;
}

export function measuresOf(metrics: Metrics): CardMeasures {
  const { split, images, truth = "landmarks", evidence, majorityAccuracy, attributes } = metrics;
  const { averagePrecision = null, tuned, intervals } = evidence ?? {};
  const measure = (name: keyof Intervals, value: number | null | undefined): CardMeasure => (
    { value: value ?? null, interval: intervals?.[name] ?? null }
  );
  return {
    ...{ split, images, truth, level: intervals?.level ?? null },
    means: {
      ...namedOf({ ...metrics, averagePrecision }, intervals),
      majorityAccuracy: { value: majorityAccuracy, interval: null },
      tunedAccuracy: measure("tunedAccuracy", tuned?.accuracy),
      tunedBalancedAccuracy: measure("tunedBalancedAccuracy", tuned?.balancedAccuracy),
    },
    attributes: Object.fromEntries(
      attributes.map((attribute, at) => [
        attribute.name,
        ofAttribute(attribute, evidence?.attributes[at]),
      ]),
    ),
  };
}

function ofAttribute(measured: AttributeMetrics, evidence: AttributeEvidence | undefined): Named {
  return namedOf(
    { ...measured, balancedAccuracy: balancedAccuracyOf(measured) },
    evidence?.intervals,
  );
}

function namedOf(
  values: Readonly<Record<typeof MEASURES[number], number | null>>,
  intervals: Intervals | undefined,
): Named {
  return Object.fromEntries(
    MEASURES.map((name) => [name, { value: values[name], interval: intervals?.[name] ?? null }]),
  ) as Named;
}

/** The attributes' own thresholds; null where none were chosen. */
export function thresholdsOf({ evidence }: Metrics): Record<string, number> | null {
  if (!evidence?.tuned) return null;
  const chosen = evidence.attributes.filter(({ tuned }) => tuned !== null);
  return Object.fromEntries(chosen.map(({ name, tuned }) => [name, tuned!.threshold]));
}
