/** Metrics as a table of text, for a terminal. */

import type { AttributeMetrics, Metrics } from "./measures.ts";
import { balancedAccuracyOf } from "./rates.ts";
import { meanOf } from "./shares.ts";

/** A table: every row has as many cells as the head. */
export interface MetricsTable {
  readonly head: string[];
  readonly rows: string[][];
}

/** Shown only with another truth. */
const LANDMARKS = "Landmarks";

/** The columns after the name, each with the measure it shows. */
const COLUMNS: readonly (readonly [string, (attribute: AttributeMetrics) => number | null])[] = [
  ["Accuracy", ({ accuracy }) => accuracy],
  ["Balanced", balancedAccuracyOf],
  ["Positives", ({ positiveAccuracy }) => positiveAccuracy],
  ["Negatives", ({ negativeAccuracy }) => negativeAccuracy],
  ["Precision", ({ precision }) => precision],
  ["F1", ({ f1 }) => f1],
  ["AP", ({ averagePrecision }) => averagePrecision],
  ["Localisation", ({ localisationIoU }) => localisationIoU],
  ["Prior", ({ priorIoU }) => priorIoU],
  [LANDMARKS, ({ landmarkIoU = null }) => landmarkIoU],
  ["Pointing", ({ pointing }) => pointing],
  ["Joint IoU", ({ maskIoU }) => maskIoU],
];

/**
 * The measures in percent with one decimal: a row for each attribute in their own order and a last
 * one of the means. Recall is left out, being the accuracy on positives.
 */
export function metricsTable({ attributes, landmarkIoU }: Metrics): MetricsTable {
  const columns = COLUMNS.filter(([title]) => title !== LANDMARKS || landmarkIoU !== undefined);
  const rows = attributes.map((attribute) => [
    attribute.name,
    ...columns.map(([, measure]) => percent(measure(attribute))),
  ]);
  const means = columns.map(([, measure]) => percent(meanOf(attributes.map(measure))));
  return {
    head: ["Attribute", ...columns.map(([title]) => title)],
    rows: [...rows, ["Mean", ...means]],
  };
}

/** A share in percent with one decimal, such as `91.3`, or `n/a` where it is undefined. */
function percent(share: number | null): string {
  return share === null ? "n/a" : (share * 100).toFixed(1);
}
