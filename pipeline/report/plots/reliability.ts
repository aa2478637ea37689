/** The reliability diagram. */

import * as Plot from "@observablehq/plot";
import type { CalibrationBin } from "../../metrics/metrics.ts";
import { draw } from "./draw.ts";
import type { Html } from "../html.ts";

/** A bin that has cases, with its borders. */
interface FilledBin {
  readonly x1: number;
  readonly x2: number;
  readonly count: number;
  readonly probability: number;
  readonly positives: number;
}

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const AXIS = { domain: [0, 1], ticks: QUARTERS, tickFormat: (share: number) => `${share * 100}` };
const FRAME = { width: 470, marginLeft: 44, marginRight: 16 };

/** Draws the share of positives over the predicted probability, with the line of perfect calibration. */
export function plotReliability(bins: readonly CalibrationBin[]): Html {
  const filled = filledBins(bins);
  return draw("Share of positives over predicted probability", {
    ...FRAME,
    height: 340,
    marginTop: 12,
    marginBottom: 34,
    x: { ...AXIS, label: "predicted, %", labelArrow: "none", labelAnchor: "center" },
    y: { ...AXIS, label: null },
    marks: [
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: QUARTERS }),
      Plot.rectY(filled, {
        x1: "x1",
        x2: "x2",
        y1: "probability",
        y2: "positives",
        fill: "var(--gap)",
      }),
      Plot.line([[0, 0], [1, 1]], { stroke: "var(--muted)", strokeDasharray: "2,3" }),
      Plot.line(filled, {
        x: "probability",
        y: "positives",
        stroke: "var(--train)",
        strokeWidth: 2,
      }),
      Plot.dot(filled, { x: "probability", y: "positives", fill: "var(--train)", r: 3 }),
    ],
  });
}

/** Draws how many cases lie in each bin. */
export function plotCounts(bins: readonly CalibrationBin[]): Html {
  const filled = filledBins(bins);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  return draw("Share of the cases over predicted probability", {
    ...FRAME,
    height: 120,
    marginTop: 8,
    marginBottom: 34,
    x: { ...AXIS, label: "predicted, %", labelArrow: "none", labelAnchor: "center" },
    y: { label: null, ticks: 3, tickFormat: (share: number) => `${+(share * 100).toFixed(1)}` },
    marks: [
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 3 }),
      Plot.rectY(filled, {
        x1: "x1",
        x2: "x2",
        y: ({ count }: FilledBin) => count / total,
        fill: "var(--balanced)",
        inset: 0.5,
      }),
    ],
  });
}

function filledBins(bins: readonly CalibrationBin[]): FilledBin[] {
  return bins.flatMap(({ count, probability, positives }, k) =>
    probability === null || positives === null
      ? []
      : [{ x1: k / bins.length, x2: (k + 1) / bins.length, count, probability, positives }]
  );
}
