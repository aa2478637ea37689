/**
 * Plots as SVG text, drawn by Observable Plot into a document that is not shown.
 *
 * Colours are CSS variables of the page (`style.css`), so that one drawing serves light, dark and paper.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { DOMImplementation } from "@xmldom/xmldom";
import { Html } from "../html.ts";

/** Attributes whose numbers are lengths in the drawing: a hundredth of a pixel is enough for them. */
const LENGTHS = /(?<= (?:d|transform|x|y|x1|x2|y1|y2|width|height|cx|cy)=")[^"]*/g;

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
