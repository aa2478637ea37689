/** The report's account of where: on faces that have an attribute, whether its map is on its region. */

import { type Metrics, truthText } from "../../metrics/metrics.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";
import { type Html, html, key } from "../html.ts";
import { percent, spaced } from "../text.ts";
import { plotWhere, type WhereRow } from "../plots/where.ts";

/** Whether an evaluation measured where: older ones did not, nor do those without landmarks. */
export function hasWhere(metrics: Metrics | null): boolean {
  return metrics !== null && metrics.localisationIoU !== null;
}

/** The plot, or why there is none. */
export function renderWhere(metrics: Metrics | null): Html {
  if (!metrics || !hasWhere(metrics)) {
    return html`<p class="note">Where the maps lie has not been measured: <code>${PROGRAM_NAME} evaluate</code>
    does so on faces with landmarks.</p>`;
  }
  const rows = rowsOf(metrics);
  const half = Math.ceil(rows.length / 2);
  const { priorIoU, landmarkIoU = null } = metrics;
  return html`
    <figure>
      <div class="halves">
        ${plotWhere("Localisation of the better half of the attributes", rows.slice(0, half))}
        ${plotWhere("Localisation of the other half of the attributes", rows.slice(half))}
      </div>
      <figcaption><b>Figure 3.</b> Where, on the faces that have the attribute and show its region.
      ${key(
        "bar",
        "localisation",
        "localisation",
      )}: cells in both the region and the map (above one half) over
      cells in either, each summed over the faces${metrics.evidence &&
        html`, with its ${
          key("thin", "localisation-interval", "interval")
        } (95&nbsp;%)`}; ${priorIoU !==
          null &&
        html`
          ${key(
            "tick",
            "ink",
            "prior",
          )}: the same for the mean mask of the training faces, a constant
                    picture (mean ${percent(priorIoU)}&nbsp;%);
        `}${landmarkIoU !== null && html`
        ${key(
          "diamond",
          "train",
          "landmarks",
        )}: the same for the regions that are drawn from landmarks
        (mean ${percent(landmarkIoU)}&nbsp;%);
      `}${key("dot", "pointing", "pointing")}: how often the map’s
      maximum is in the region.${rows.length < metrics.attributes.length &&
        " Attributes for which there is no such face are left out."} Measured
      ${truthText(metrics) ?? "against regions drawn from landmarks"}.</figcaption>
    </figure>
  `;
}

function rowsOf({ attributes, evidence }: Metrics): WhereRow[] {
  return attributes.map((attribute, column): WhereRow => ({
    name: spaced(attribute.name),
    localisation: attribute.localisationIoU,
    interval: evidence?.attributes[column]?.intervals.localisationIoU ?? null,
    prior: attribute.priorIoU,
    landmarks: attribute.landmarkIoU ?? null,
    pointing: attribute.pointing,
  })).filter(({ localisation }) => localisation !== null)
    .sort((a, b) => b.localisation! - a.localisation!);
}
