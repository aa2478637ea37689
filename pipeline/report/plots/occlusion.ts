/**
 * The plot of how far logits move when a region, or as much elsewhere, is greyed out.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import type { Interval } from "../../metrics/metrics.ts";
import type { OcclusionEstimate, Shifts } from "../../evaluate/occlusion.ts";
import { draw } from "./draw.ts";
import type { Html } from "../html.ts";

/** A row of the plot. */
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
  const dots = (what: "region" | "elsewhere") => rows.flatMap((row) => dotOf(row.name, row[what]));
  const [region, elsewhere] = [dots("region"), dots("elsewhere")];
  const place = { x: "mean", y: "name" } as const;
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
      Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
      Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: "var(--ink)" }),
      ruleOf(region, -APART, "var(--train)"),
      ruleOf(elsewhere, APART, "var(--validation)"),
      Plot.dot(region, {
        ...place,
        dy: -APART,
        r: 3.5,
        fill: "var(--train)",
        stroke: "var(--paper)",
      }),
      Plot.dot(elsewhere, {
        ...{ ...place, dy: APART, r: 3.5, symbol: "diamond", strokeWidth: 1.75 },
        ...{ fill: "var(--paper)", stroke: "var(--validation)" },
      }),
    ],
  });
}

function dotOf(name: string, estimate: OcclusionEstimate | null): Dot[] {
  return estimate ? [{ name, ...estimate }] : [];
}

function ruleOf(dots: readonly Dot[], dy: number, stroke: string): Plot.RuleY {
  return Plot.ruleY(dots.filter(({ interval }) => interval !== null), {
    x1: ({ interval }: Dot) => interval![0],
    x2: ({ interval }: Dot) => interval![1],
    ...{ y: "name", dy, stroke, strokeWidth: 1.5 },
  });
}

/** From the lowest to the highest end of an interval, and 0. */
function rangeOf(dots: readonly Dot[]): [number, number] {
  const values = dots.flatMap(({ mean, interval }) => [mean, ...interval ?? []]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  if (low === high) return [0, 1];
  const air = AIR * (high - low);
  return [low - air, high + air];
}
