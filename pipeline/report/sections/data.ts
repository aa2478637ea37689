/**
 * The report's account of the faces: how many came to each stage, how many went on, and why the others did not.
 */

import { type FaceCount, type LeftOut, namesText } from "../../face/face_count.ts";
import { cells, columns, type Html, html } from "../html.ts";
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
            ${columns("Stage", "Came", "Went on", "Left out, and why")}
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
      ${cells(faces.toLocaleString("en"), used.toLocaleString("en"))}
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
