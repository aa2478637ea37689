/**
 * The report's account of the faces: how many came to each stage, how many went on, and why the others did not.
 */

import { type FaceCount, type LeftOut, namesText } from "../../face/face_count.ts";
import { type Html, html } from "../html.ts";
import { NOTHING } from "../text.ts";

/** What each stage counts, for readers who were not there. */
const STAGES: Readonly<Record<string, string>> = {
  labels: "images with labels",
  splits: "faces with a split",
  landmarks: "faces with landmarks",
  segments: "faces with masks",
  training: "faces trained and validated on",
  "later faces": "faces that the run began without",
  evaluation: "faces measured",
  masks: "of these, faces whose masks are measured",
  thresholds: "faces that chose thresholds",
};

/** A row for each stage. */
export function renderData(counts: readonly FaceCount[]): Html {
  return html`
    <div class="wide" tabindex="0">
      <table class="counts">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Came</th>
            <th scope="col">Went on</th>
            <th scope="col">Left out, and why</th>
          </tr>
        </thead>
        <tbody>${counts.map(renderCount)}</tbody>
      </table>
    </div>
  `;
}

function renderCount({ stage, faces, used, leftOut }: FaceCount): Html {
  return html`
    <tr>
      <th scope="row">${STAGES[stage] ?? stage}</th>
      <td>${faces.toLocaleString("en")}</td>
      <td>${used.toLocaleString("en")}</td>
      <td class="why">${leftOut.length === 0 ? NOTHING : leftOut.map(renderReason)}</td>
    </tr>
  `;
}

function renderReason(group: LeftOut): Html {
  const { faces, reason } = group;
  return html`<div>${faces.toLocaleString("en")}: ${reason} <small>(${
    namesText(group)
  })</small></div>`;
}
