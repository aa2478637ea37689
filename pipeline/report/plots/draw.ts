/**
 * Plots as SVG text, drawn by Observable Plot into a document that is not shown.
 *
 * Colours are CSS variables of the page (`style.css`), so that one drawing serves light, dark and paper.
 */

import * as Plot from "@observablehq/plot";
import { DOMImplementation } from "@xmldom/xmldom";
import type { Interval } from "../../metrics/metrics.ts";
import { Html } from "../html.ts";

/** Attributes whose numbers are lengths in the drawing: a hundredth of a pixel is enough for them. */
const LENGTHS = /(?<= (?:d|transform|x|y|x1|x2|y1|y2|width|height|cx|cy)=")[^"]*/g;

/** The frame of a plot with a row for each attribute. */
export const FRAME = {
  width: 470,
  marginLeft: 132,
  marginRight: 20,
  marginTop: 4,
  marginBottom: 30,
};

/** Draws a plot; the label names it for readers who do not see it. */
export function draw(label: string, options: Plot.PlotOptions): Html {
  const document = new DOMImplementation().createDocument("http://www.w3.org/1999/xhtml", "html");
  const svg = Plot.plot({
    ...options,
    document: document as never,
    className: "plot",
    ariaLabel: label,
  });
  const text = String(svg)
    .replace(/<style>[^]*?<\/style>/, "")
    .replace("<svg ", '<svg role="img" ')
    .replace(
      LENGTHS,
      (value) => value.replace(/-?\d*\.\d{3,}(?:e-?\d+)?/g, (number) => `${+(+number).toFixed(2)}`),
    );
  return new Html(text);
}

/** The grid behind a plot with a row for each name. */
export function gridOf(ticks: number | number[]): ReturnType<typeof Plot.gridX> {
  return Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks });
}

/** A line along the interval of each row that has one. */
export function intervals<
  Row extends { readonly name: string; readonly interval: Interval | null },
>(
  rows: readonly Row[],
  options: Plot.RuleYOptions,
): Plot.RuleY {
  return Plot.ruleY(rows.filter(({ interval }) => interval !== null), {
    x1: ({ interval }: Row) => interval![0],
    x2: ({ interval }: Row) => interval![1],
    y: "name",
    strokeWidth: 1.25,
    ...options,
  });
}

/** A dot in each row that has a measure. */
export function dots<Row extends { readonly name: string }>(
  rows: readonly Row[],
  measure: keyof Row & string,
  fill: string,
  options: Plot.DotOptions = {},
): Plot.Dot {
  const known = rows.filter((row) => row[measure] !== null);
  return Plot.dot(known, {
    x: measure,
    y: "name",
    r: 3.5,
    fill,
    stroke: "var(--paper)",
    ...options,
  });
}

/** A hollow diamond in each row that has a measure. */
export function diamonds<Row extends { readonly name: string }>(
  rows: readonly Row[],
  measure: keyof Row & string,
  stroke: string,
  options: Plot.DotOptions = {},
): Plot.Dot {
  const hollow = { symbol: "diamond", stroke, strokeWidth: 1.75 } as const;
  return dots(rows, measure, "var(--paper)", { ...hollow, ...options });
}
