/**
 * The report's plot of where: how the maps lie on the regions.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../../metrics/metrics.ts";
import { draw } from "./draw.ts";
import type { Html } from "../html.ts";
import { frameOf, QUARTERS } from "./plots.ts";

/** A row of the plot; each measure is a share, or null where it is undefined. */
export interface WhereRow {
  readonly name: string;
  readonly localisation: number | null;
  /** Of the localisation; null where none was measured. */
  readonly interval: Interval | null;
  readonly prior: number | null;
  readonly pointing: number | null;
}

/** Draws a row for each attribute: a bar of localisation with its interval, a tick for the prior, a dot for pointing. */
export function plotWhere(label: string, rows: readonly WhereRow[]): Html {
  const name = ({ name }: WhereRow) => name;
  const known = (measure: Exclude<keyof WhereRow, "name">) =>
    rows.filter((row) => row[measure] !== null);
  return draw(label, {
    ...frameOf(rows),
    marks: [
      Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks: QUARTERS }),
      Plot.barX(known("localisation"), {
        x1: () => 0,
        x2: "localisation",
        y: name,
        fill: "var(--localisation)",
      }),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      Plot.ruleY(known("interval"), {
        x1: ({ interval }: WhereRow) => interval![0],
        x2: ({ interval }: WhereRow) => interval![1],
        y: name,
        stroke: "var(--localisation-interval)",
        strokeWidth: 1.25,
      }),
      Plot.tickX(known("prior"), { x: "prior", y: name, stroke: "var(--ink)", strokeWidth: 2 }),
      Plot.dot(known("pointing"), {
        x: "pointing",
        y: name,
        r: 3.5,
        fill: "var(--pointing)",
        stroke: "var(--paper)",
      }),
    ],
  });
}
