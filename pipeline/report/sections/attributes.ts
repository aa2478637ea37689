/** The report's measures of each attribute: a plot in order of success, a table in order of name. */

import {
  type AttributeMetrics,
  balancedAccuracyOf,
  type Evidence,
  type Metrics,
  metricsTable,
} from "../../metrics/metrics.ts";
import { renderConfusion } from "./confusion_table.ts";
import { cells, columns, type Html, html, key } from "../html.ts";
import { type AttributeRow, plotAttributes } from "../plots/plots.ts";
import { NOTHING, spaced } from "../text.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";

/** The plot and the table, or why there are none. */
export function renderAttributes(metrics: Metrics | null): Html {
  if (!metrics) return html`<p class="note">The measures come with the evaluation.</p>`;
  const { evidence } = metrics;
  const rows = metrics.attributes.map((attribute, column) => rowOf(attribute, evidence, column))
    .sort((a, b) => (b.balancedAccuracy ?? -1) - (a.balancedAccuracy ?? -1));
  const half = Math.ceil(rows.length / 2);
  return html`
    <figure>
      <div class="halves">
        ${plotAttributes("Measures of the better half of the attributes", rows.slice(0, half))}
        ${plotAttributes("Measures of the other half of the attributes", rows.slice(half))}
      </div>
      <figcaption><b>Figure 2.</b> The attributes by balanced accuracy.
      ${key(
        "bar",
        "balanced",
        "balanced accuracy",
      )}, drawn from the 50&nbsp;% that always giving the
      more frequent answer scores${evidence &&
        html`, with its ${
          key("thin", "interval", "interval")
        } (95&nbsp;%, bootstrap over the images)`}; ${key("dot", "precision", "average precision")};
      ${key("diamond", "f1", "F1")}. What is undefined is left out.</figcaption>
    </figure>
    <figure>
      <figcaption><b>Table 1.</b> Measures on the ${metrics.split} split, in percent.</figcaption>
      <div class="wide" tabindex="0">${renderTable(metrics)}</div>
      <p class="notes"><b>Balanced</b>: mean of the accuracy on faces that have the attribute
      (<b>positives</b>, also called recall) and on those that lack it (<b>negatives</b>).
      <b>AP</b>: average precision, the area under the precision-recall steps. <b>Localisation</b>: on the
      faces that have the attribute, cells in both its region and its map over cells in either, each summed over the
      faces; <b>prior</b>: the same for the mean mask of the training faces${metrics.landmarkIoU !==
          undefined &&
        html`; <b>landmarks</b>: the same for regions drawn from landmarks`}. <b>Pointing</b>: how often the map’s
      maximum is in the region. <b>Joint IoU</b>: as localisation, but on all faces and with an empty true mask where the
      attribute is absent, so that label, region and absence are asked for at once. A dash stands for a value that is
      undefined, such as the precision of an attribute that is never predicted; means leave it out.</p>
    </figure>
    ${evidence ? renderConfusion(evidence) : renderNoEvidence()}
  `;
}

function renderNoEvidence(): Html {
  return html`<p class="note">This run was evaluated by a version that measured no intervals, calibration and
  thresholds; <code>${PROGRAM_NAME} evaluate</code> does so now.</p>`;
}

function rowOf(
  attribute: AttributeMetrics,
  evidence: Evidence | undefined,
  column: number,
): AttributeRow {
  const { name, f1, averagePrecision } = attribute;
  return {
    name: spaced(name),
    f1,
    averagePrecision,
    balancedAccuracy: balancedAccuracyOf(attribute),
    interval: evidence?.attributes[column]?.intervals.balancedAccuracy ?? null,
  };
}

/** The same table as in the terminal; what is undefined shows as a dash. */
function renderTable(metrics: Metrics): Html {
  const { head, rows } = metricsTable(metrics);
  const row = ([name = "", ...values]: readonly string[]) =>
    html`<tr><th scope="row">${spaced(name)}</th>${
      cells(...values.map((value) => value === "n/a" ? NOTHING : value))
    }</tr>`;
  return html`
    <table class="numbers">
      <thead>
        <tr>${columns(...head)}</tr>
      </thead>
      <tbody>${rows.slice(0, -1).map(row)}</tbody>
      <tfoot>${rows.slice(-1).map(row)}</tfoot>
    </table>
  `;
}
