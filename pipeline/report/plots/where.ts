/** The report's plot of where: how the maps lie on the regions. */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../../metrics/metrics.ts";
import { diamonds, dots, draw, gridOf, intervals } from "./draw.ts";
import type { Html } from "../html.ts";
import { barOf, frameOf, QUARTERS } from "./plots.ts";

/** A row of the plot; each measure is a share, or null where it is undefined. */
export interface WhereRow {
  readonly name: string;
  readonly localisation: number | null;
  /** Of the localisation; null where none was measured. */
  readonly interval: Interval | null;
  readonly prior: number | null;
  /** Of the regions drawn from landmarks, where these are not the truth. */
  readonly landmarks: number | null;
  readonly pointing: number | null;
}

/** Draws a row for each attribute: a bar of localisation with its interval, a tick for the prior, a dot for pointing, a diamond for landmarks. */
export function plotWhere(label: string, rows: readonly WhereRow[]): Html {
  const known = rows.filter(({ prior }) => prior !== null);
  return draw(label, {
    ...frameOf(rows),
    marks: [
      gridOf(QUARTERS),
      barOf(rows, "localisation", 0, "var(--localisation)"),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      intervals(rows, { stroke: "var(--localisation-interval)" }),
      Plot.tickX(known, { x: "prior", y: "name", stroke: "var(--ink)", strokeWidth: 2 }),
      diamonds(rows, "landmarks", "var(--train)"),
      dots(rows, "pointing", "var(--pointing)"),
    ],
  });
}
