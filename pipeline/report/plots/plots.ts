/** The report's plots of the training and of the attributes. */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../../metrics/metrics.ts";
import { diamonds, dots, draw, FRAME, gridOf, intervals } from "./draw.ts";
import type { Html } from "../html.ts";

export type Point = readonly [x: number, y: number];

export interface Curve {
  /** The kind of data, which decides colour and stroke: `style.css` has a variable `--NAME` for each. */
  readonly kind: "steps" | "train" | "validation" | `series-${number}`;
  readonly points: readonly Point[];
}

/** A small plot of curves over the epochs. */
export interface CurvePanel {
  /** Names the plot for readers who do not see it. */
  readonly label: string;
  readonly curves: readonly Curve[];
  /** What the ticks of y are. */
  readonly format: "share" | "number";
  /** A horizontal line that the curves are to be judged by. */
  readonly baseline?: { readonly y: number; readonly text: string };
}

/** A row of the attribute plot; each measure is a share, or null where it is undefined. */
export interface AttributeRow {
  readonly name: string;
  readonly balancedAccuracy: number | null;
  /** Of the balanced accuracy; null where none was measured. */
  readonly interval: Interval | null;
  readonly f1: number | null;
  readonly averagePrecision: number | null;
}

const PANEL = { width: 320, height: 200, marginLeft: 48, marginRight: 10, marginTop: 12 };

/** Draws curves over the epochs. */
export function plotCurves({ label, curves, format, baseline }: CurvePanel): Html {
  const [low, high] = rangeOf(curves, baseline?.y);
  const end = endOf(curves);
  return draw(label, {
    ...PANEL,
    marginBottom: 34,
    x: {
      label: "epoch",
      labelArrow: "none",
      labelAnchor: "center",
      ticks: wholeTicks(end),
      tickFormat: "d",
      domain: [0, end],
    },
    y: {
      label: null,
      domain: [low, high],
      nice: true,
      ticks: 5,
      tickFormat: format === "share" ? (share: number) => `${+(share * 100).toFixed(1)}` : "~g",
    },
    marks: [
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
      baseline && Plot.ruleY([baseline.y], { stroke: "var(--muted)", strokeDasharray: "2,3" }),
      baseline && Plot.text([[end, baseline.y]], {
        text: () => baseline.text,
        textAnchor: "end",
        dy: -6,
        fill: "var(--muted)",
      }),
      ...curves.map(({ kind, points }) =>
        Plot.line(points, {
          stroke: `var(--${kind})`,
          strokeWidth: kind === "steps" ? 1 : 2,
          ...(kind === "validation" ? { strokeDasharray: "6,3" } : {}),
        })
      ),
      ...curves.filter(({ kind, points }) => kind === "validation" || points.length === 1)
        .map(({ kind, points }) => Plot.dot(points, { fill: `var(--${kind})`, r: 2.5 })),
    ],
  });
}

export const QUARTERS: number[] = [0, 0.25, 0.5, 0.75, 1];

/** A share as a tick has it, in percent. */
function percentTick(share: number): string {
  return share === 1 ? "100 %" : String(share * 100);
}

/** Height of an attribute's row. */
const ROW = 21;

/** The frame of a plot of shares with a row for each attribute. */
export function frameOf(rows: readonly { readonly name: string }[]): Plot.PlotOptions {
  return {
    ...FRAME,
    height: 34 + ROW * rows.length,
    x: { label: null, domain: [0, 1], ticks: QUARTERS, tickFormat: percentTick },
    y: { label: null, domain: rows.map(({ name }) => name), padding: 0.34, tickSize: 0 },
  };
}

/**
 * Draws a row for each attribute: a bar from the baseline of one half to the balanced accuracy with
 * its interval, a dot for average precision and a diamond for F1.
 */
export function plotAttributes(label: string, rows: readonly AttributeRow[]): Html {
  return draw(label, {
    ...frameOf(rows),
    marks: [
      gridOf(QUARTERS),
      barOf(rows, "balancedAccuracy", 0.5, "var(--balanced)"),
      Plot.ruleX([0.5], { stroke: "var(--ink)" }),
      intervals(rows, { stroke: "var(--interval)" }),
      dots(rows, "averagePrecision", "var(--precision)"),
      diamonds(rows, "f1", "var(--f1)"),
    ],
  });
}

/** A bar in each row that has a measure, from one value to another. */
export function barOf<Row extends { readonly name: string }>(
  rows: readonly Row[],
  measure: keyof Row & string,
  from: number,
  fill: string,
): Plot.BarX {
  const known = rows.filter((row) => row[measure] !== null);
  return Plot.barX(known, { x1: () => from, x2: measure, y: "name", fill });
}

/** The end of the epoch of the last point of any curve. */
function endOf(curves: readonly Curve[]): number {
  return Math.ceil(Math.max(1, ...curves.flatMap(({ points }) => points.at(-1)?.[0] ?? [])));
}

/** At most seven whole numbers from 0 to `end`, in steps of 1, 2 or 5 times a power of ten. */
function wholeTicks(end: number): number[] {
  const power = 10 ** Math.floor(Math.log10(end));
  const steps = [0.1, 0.2, 0.5, 1, 2].map((step) => Math.max(1, Math.round(step * power)));
  const step = steps.find((step) => end / step <= 6) ?? end;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, tick) => tick * step);
}

/**
 * The values to be shown. Of the single steps, the highest 4 % may leave the frame at its top: the
 * first steps of a training can be so far off that nothing else would be seen.
 */
function rangeOf(curves: readonly Curve[], ...more: (number | undefined)[]): [number, number] {
  const values = curves.flatMap(({ kind, points }) => {
    const sorted = points.map(([, y]) => y).sort((a, b) => a - b);
    const cut = kind === "steps" ? Math.ceil(sorted.length / 25) : 0;
    return [sorted[0], sorted.at(-1 - cut)];
  });
  const known = [...values, ...more].filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return [0, 1];
  return low === high
    ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2]
    : [low, high];
}
