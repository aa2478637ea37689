/** The report's second table: outcomes of each attribute, its calibration, and what its own threshold does. */

import type { AttributeEvidence, Evidence, TunedMeasures } from "../../metrics/metrics.ts";
import { share } from "../../metrics/shares.ts";
import { cells, columns, type Html, html } from "../html.ts";
import { percent, spaced } from "../text.ts";

/** The table with its notes. */
export function renderConfusion(evidence: Evidence): Html {
  const { tuned, brierScore, calibrationError } = evidence;
  return html`
    <figure>
      <figcaption><b>Table 2.</b> Outcomes at a probability of one half, as numbers of faces; how far the
      probabilities can be trusted; and ${tuned
        ? html`measures in percent at thresholds that were chosen for each attribute on the ${tuned.images} faces of
      the ${tuned.split} split.`
        : html`no thresholds of the attributes’ own, for there were no validation faces to choose them on
      besides those measured.`}</figcaption>
      <div class="wide" tabindex="0">
        <table class="numbers">
          <thead>
            <tr class="groups">
              <td></td>
              <th scope="colgroup" colspan="4">At one half</th>
              <th scope="colgroup" colspan="2">Probability</th>
              ${tuned && html`<th scope="colgroup" colspan="4">At its own threshold</th>`}
            </tr>
            <tr>
              ${columns("Attribute", "Found", "Missed", "False", "Denied", "Brier", "ECE")}
              ${tuned && columns("Threshold", "Accuracy", "Balanced", "F1")}
            </tr>
          </thead>
          <tbody>${evidence.attributes.map((attribute) =>
            renderRow(attribute, tuned !== null)
          )}</tbody>
          <tfoot>
            <tr>
              <th scope="row">Mean</th>
              <td colspan="4"></td>
              ${cells(percent(brierScore), percent(calibrationError))}
              ${tuned && cells("", ...measuresOf(tuned))}
            </tr>
          </tfoot>
        </table>
      </div>
      <p class="notes"><b>Found</b> and <b>missed</b>: faces with the attribute (true positives, false
      negatives). <b>False</b> and <b>denied</b>: faces without it (false positives, true negatives). Each of a
      pair is shaded by its share of the two. <b>Brier</b>: mean squared error of the probability, times 100.
      <b>ECE</b>: expected calibration error in 15 bins of equal width, in percentage points.
      ${tuned &&
        html`<b>Threshold</b>: probability in percent above which the attribute counts as predicted,
      chosen for the highest balanced accuracy; columns after it are measured with it.`}</p>
    </figure>
  `;
}

function renderRow(attribute: AttributeEvidence, hasTuned: boolean): Html {
  const { name, truePositives, falsePositives, trueNegatives, falseNegatives } = attribute;
  const { brierScore, calibrationError, tuned } = attribute;
  const positives = truePositives + falseNegatives;
  const negatives = trueNegatives + falsePositives;
  const cell = (kind: "right" | "wrong", count: number, of: number) =>
    html`<td class="outcome ${kind}" style="--share:${
      (share(count, of) ?? 0).toFixed(3)
    }">${count}</td>`;
  return html`
    <tr>
      <th scope="row">${spaced(name)}</th>
      ${cell("right", truePositives, positives)} ${cell("wrong", falseNegatives, positives)}
      ${cell("wrong", falsePositives, negatives)} ${cell("right", trueNegatives, negatives)}
      ${cells(percent(brierScore), percent(calibrationError))}
      ${hasTuned && cells(percent(tuned?.threshold ?? null), ...measuresOf(tuned))}
    </tr>
  `;
}

function measuresOf(tuned: TunedMeasures | null): string[] {
  const { accuracy = null, balancedAccuracy = null, f1 = null } = tuned ?? {};
  return [accuracy, balancedAccuracy, f1].map((share) => percent(share));
}
