/** The comparison's plots. */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../metrics/metrics.ts";
import { draw, FRAME, gridOf, intervals } from "../report/plots/draw.ts";
import type { Html } from "../report/html.ts";

/** Colours before they start again: `style.css` has variables `--series-0` and on. */
const COLOURS = 8;

/** The name of a setting's colour. */
export function seriesOf(setting: number): `series-${number}` {
  return `series-${setting % COLOURS}`;
}

/** A setting's mean measure. */
export interface MeanRow {
  readonly name: string;
  /** Its place among the settings, which gives its colour. */
  readonly setting: number;
  readonly value: number;
  readonly interval: Interval;
  /** Values of single runs, where there are several. */
  readonly runs: readonly number[];
}

const ROW = 24;

/** Draws a row for each setting: its mean, the interval, and a tick for each of several runs. */
export function plotMeans(label: string, rows: readonly MeanRow[]): Html {
  const colour = ({ setting }: MeanRow) => `var(--${seriesOf(setting)})`;
  const runs = rows.flatMap((row) => row.runs.map((value) => ({ ...row, value })));
  return draw(label, {
    ...{ width: 320, marginLeft: 104, marginRight: 16, marginTop: 4, marginBottom: 30 },
    height: 34 + ROW * rows.length,
    x: { label: null, inset: 8, ticks: 4, tickFormat: percentTick },
    y: { label: null, domain: rows.map(({ name }) => name), tickSize: 0, tickFormat: shortened },
    marks: [
      gridOf(4),
      intervals(rows, { stroke: colour, strokeWidth: 2 }),
      Plot.dot(runs, { x: "value", y: "name", symbol: "times", r: 3.5, stroke: colour }),
      Plot.dot(rows, { x: "value", y: "name", r: 4, fill: colour, stroke: "var(--paper)" }),
    ],
  });
}

/** Letters of a name that find room beside a plot. */
const LETTERS = 16;

function shortened(name: string): string {
  return name.length <= LETTERS ? name : `${name.slice(0, LETTERS - 1)}…`;
}

function percentTick(share: number): string {
  return `${+(share * 100).toFixed(2)}`;
}

interface DifferenceRow {
  readonly name: string;
  readonly value: number;
  readonly interval: Interval;
  readonly significant: boolean;
}

/**
 * Draws a row for each attribute: the difference with its interval over a line of no difference; the dot
 * is filled where it is significant.
 *
 * @param names All rows in their order, those without a difference too.
 */
export function plotDifferences(
  label: string,
  rows: readonly DifferenceRow[],
  names: readonly string[],
): Html {
  const colour = ({ value, significant }: DifferenceRow) =>
    significant ? `var(--${value < 0 ? "wrong" : "right"})` : "var(--muted)";
  return draw(label, {
    ...FRAME,
    height: 34 + 16 * names.length,
    x: { label: null, nice: true, ticks: 5, tickFormat: signedTick },
    y: { label: null, domain: [...names], tickSize: 0 },
    marks: [
      gridOf(5),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      intervals(rows, { stroke: colour }),
      Plot.dot(rows, {
        ...{ x: "value", y: "name", r: 3.5, stroke: colour, strokeWidth: 1.5 },
        fill: (row: DifferenceRow) => row.significant ? colour(row) : "var(--paper)",
      }),
    ],
  });
}

function signedTick(share: number): string {
  const points = `${+Math.abs(share * 100).toFixed(2)}`;
  return share === 0 ? points : (share < 0 ? "−" : "+") + points;
}
