/** The report's account of how far the probabilities, and the answers together, can be trusted. */

import type { Evidence } from "../../metrics/metrics.ts";
import { cells, columns, type Html, html, key } from "../html.ts";
import { plotCounts, plotReliability } from "../plots/reliability.ts";
import { percent } from "../text.ts";

/**
 * The reliability diagram beside the contradictions, or why there are none.
 *
 * @param figure The number of the diagram.
 */
export function renderReliability(
  evidence: Evidence | undefined,
  images: number,
  figure: number,
): Html {
  if (!evidence) {
    return html`<p class="note">Calibration and contradictions come with an evaluation by the present version.</p>`;
  }
  return html`
    <div class="halves">
      <figure>
        <div class="panel"><h3>Positives, %</h3>${plotReliability(evidence.bins)}</div>
        <div class="panel"><h3>Cases, %</h3>${plotCounts(evidence.bins)}</div>
        <figcaption><b>Figure ${figure}.</b> Reliability: of the cases (faces times attributes) with a predicted
        probability in a bin, the share that is positive, and below it the share of the cases that lie in the
        bin. On the ${key("dotted", "muted", "diagonal")}, what is predicted with 70&nbsp;% holds in
        70&nbsp;% of the cases; the ${key("bar", "gap", "gap")} to it, weighted by the cases, is the
        calibration error. Its mean over the attributes is ${percent(
          evidence.calibrationError,
        )} points, the
        mean Brier score ${evidence.brierScore?.toFixed(3) ?? "undefined"}.</figcaption>
      </figure>
      <figure>
        <figcaption><b>Table 3.</b> Faces whose attributes exclude each other, out of ${images}.</figcaption>
        <div class="wide" tabindex="0">
          <table class="numbers">
            <thead>
              <tr>
                ${columns("Contradiction", "Predicted", "In the labels")}
              </tr>
            </thead>
            <tbody>${evidence.consistency.slice(0, -1).map(renderRow)}</tbody>
            <tfoot>${evidence.consistency.slice(-1).map(renderRow)}</tfoot>
          </table>
        </div>
        <p class="notes">Attributes are predicted one by one, and nothing in the network forbids a
        contradiction. People make some too: the labels’ own count is what a perfect network would come to.</p>
      </figure>
    </div>
  `;
}

function renderRow({ rule, predicted, labelled }: Evidence["consistency"][number]): Html {
  return html`
    <tr>
      <th scope="row">${rule}</th>
      ${cells(predicted, labelled)}
    </tr>
  `;
}
