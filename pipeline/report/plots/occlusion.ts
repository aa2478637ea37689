/** The plot of how far logits move when a region, or as much elsewhere, is greyed out. */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../../metrics/metrics.ts";
import type { OcclusionEstimate, Shifts } from "../../evaluate/occlusion.ts";
import { diamonds, dots, draw, gridOf, intervals } from "./draw.ts";
import type { Html } from "../html.ts";

type OcclusionRow = Shifts & { readonly name: string };

/** A point with its interval. */
interface Dot {
  readonly name: string;
  readonly mean: number;
  readonly interval: Interval | null;
}

/** Height of a row: two intervals, one above the other, and air. */
const ROW = 23;
/** The region is drawn so far above the middle of its row, and elsewhere so far below. */
const APART = 4;
const FRAME = { width: 470, marginLeft: 132, marginRight: 16, marginTop: 4, marginBottom: 38 };
const AXIS = {
  label: "logit",
  labelArrow: "none",
  labelAnchor: "center",
  ticks: 5,
  tickFormat: (value: number) => `${+value.toFixed(6)}`.replace("-", "−"),
} as const;
/** Share of a panel's range that is left empty on both sides. */
const AIR = 0.03;

/**
 * Draws a row for each attribute, in the order given: a dot for the region and a diamond for as many
 * pixels elsewhere, with their intervals.
 */
export function plotOcclusion(label: string, rows: readonly OcclusionRow[]): Html {
  const pointsOf = (what: "region" | "elsewhere") =>
    rows.flatMap((row) => dotOf(row.name, row[what]));
  const [region, elsewhere] = [pointsOf("region"), pointsOf("elsewhere")];
  return draw(label, {
    ...FRAME,
    height: 42 + ROW * rows.length,
    x: {
      ...AXIS,
      domain: rangeOf([...region, ...elsewhere]),
    },
    y: {
      label: null,
      domain: rows.map(({ name }) => name),
      type: "point",
      padding: 0.5,
      tickSize: 0,
    },
    marks: [
      gridOf(5),
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      intervals(region, { dy: -APART, stroke: "var(--train)", strokeWidth: 1.5 }),
      intervals(elsewhere, { dy: APART, stroke: "var(--validation)", strokeWidth: 1.5 }),
      dots(region, "mean", "var(--train)", { dy: -APART }),
      diamonds(elsewhere, "mean", "var(--validation)", { dy: APART }),
    ],
  });
}

function dotOf(name: string, estimate: OcclusionEstimate | null): Dot[] {
  return estimate ? [{ name, ...estimate }] : [];
}

/** From the lowest to the highest end of an interval, and 0. */
function rangeOf(dots: readonly Dot[]): [number, number] {
  const values = dots.flatMap(({ mean, interval }) => [mean, ...interval ?? []]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  if (low === high) return [0, 1];
  const air = AIR * (high - low);
  return [low - air, high + air];
}
