/** The comparison as one HTML page that needs nothing beside it. */

import type { ResampledName } from "../metrics/metrics.ts";
import { renderDocument } from "../report/document.ts";
import { columns, type Html, html, key } from "../report/html.ts";
import { plotCurves } from "../report/plots/plots.ts";
import { percent, points, spaced } from "../report/text.ts";
import type { Comparison, Difference, Estimate, SettingResult } from "./result.ts";
import { panelsOf } from "./curves.ts";
import { renderDifferences } from "./difference_panels.ts";
import { type MeanRow, plotMeans, seriesOf } from "./plots.ts";
import type { Setting } from "./settings.ts";
import { intervalText, MEASURES, ONE_SETTING, pText, TESTS } from "./text.ts";

const TITLES = MEASURES.map(([, title]) => title);

export function renderComparison(comparison: Comparison, settings: readonly Setting[]): string {
  const [first, ...others] = comparison.settings;
  const title = comparison.settings.map(({ name }) => name).join(", ");
  const panels = panelsOf(settings);
  return renderDocument({
    kind: "comparison",
    title,
    provenance:
      html`<p class="provenance"><span>measured on <b>${comparison.images} images</b> of the
          <b>${comparison.split}</b> split</span></p>`,
    main: html`
      <section id="measures"><h2>Measures</h2>${renderMeasures(comparison)}</section>
      ${others.length === 0
        ? html`<p class="note">${ONE_SETTING}</p>`
        : others.map((setting, at) => renderAgainst(setting, first!.name, at + 2))}
      <section id="training">
        <h2>Training</h2>
        ${panels.length === 0
          ? html`<p class="note">No run has a training log (<code>log.ndjson</code>).</p>`
          : html`
            <figure>
              <div class="panels">${panels.map(([title, panel]) =>
                html`<div class="panel"><h3>${title}</h3>${plotCurves(panel)}</div>`
              )}</div>
              <figcaption><b>Figure ${others.length +
                2}.</b> Over the epochs, a curve for each run: ${renderKeys(
                  settings,
                )}.</figcaption>
            </figure>
          `}
      </section>
    `,
  });
}

function renderKeys(settings: readonly { readonly name: string }[]): Html[] {
  return settings.map(({ name }, at) =>
    html`${key("line", seriesOf(at), name)}${at < settings.length - 1 && " "}`
  );
}

function renderMeasures({ settings }: Comparison): Html {
  return html`
    <figure>
      <div class="panels">${MEASURES.map(([name, title]) => {
        const rows = settings.flatMap((setting, at) => meanRow(setting, at, name));
        return rows.length > 0 && html`
          <div class="panel"><h3>${title}, %</h3>${plotMeans(title, rows)}</div>
        `;
      })}</div>
      <figcaption><b>Figure 1.</b> Means over the attributes, with 95&nbsp;% intervals by a bootstrap over the images. Crosses are the single runs of a setting, of which the dot is the
      mean.</figcaption>
    </figure>
    <figure>
      <figcaption><b>Table 1.</b> The same in percent. ± is the standard deviation between the runs of a
      setting. Tuned: at thresholds chosen for each attribute on the validation split. Localisation: how well maps lie on
      the regions of faces that have the attribute (IoU); pointing: how often a map’s maximum is in the
      region. The joint IoU asks for label, region and absence at once.</figcaption>
      <div class="wide" tabindex="0">
        <table class="numbers">
          <thead>
            <tr>
              ${columns("Setting", ...TITLES)}
            </tr>
          </thead>
          <tbody>${settings.map(renderSetting)}</tbody>
        </table>
      </div>
    </figure>
  `;
}

function meanRow(
  { name, measures, runs }: SettingResult,
  setting: number,
  measure: ResampledName,
): MeanRow[] {
  const { value, interval } = measures[measure];
  if (value === null) return [];
  const single = runs.length === 1 ? [] : runs.map(({ measures }) => measures[measure].value);
  const known = single.filter((value) => value !== null);
  return [{ name, setting, value, interval: interval ?? [value, value], runs: known }];
}

function renderSetting({ name, runs, measures, spread }: SettingResult): Html {
  const cell = ({ value, interval }: Estimate, spread: number | null | undefined) =>
    html`<td>${percent(value)}${
      spread != null && html`
        ± ${percent(spread)}
      `
    }<br><small>${value !== null && intervalText(interval)}</small></td>`;
  const seeds = runs.map(({ seed }) => seed ?? "?").join(", ");
  return html`
    <tr>
      <th scope="row">${name}<br><small>${runs.length === 1
        ? "seed"
        : "seeds"} ${seeds}</small></th>
      ${MEASURES.map(([measure]) => cell(measures[measure], spread?.[measure]))}
    </tr>
  `;
}

function renderAgainst({ name, against }: SettingResult, first: string, figure: number): Html {
  if (!against) return html``;
  const significant = against.attributes.filter(({ significant }) => significant);
  return html`
    <section>
      <h2>${name} against ${first}</h2>
      <p>${against.settings.length === 0
        ? "Their configurations are the same."
        : html`Set differently: ${
          against.settings.map(({ key, value, other }, at) =>
            html`${at > 0 && ", "}<code>${key}</code> ${value ?? "not set"} (instead of ${
              other ?? "not set"
            })`
          )
        }.`}</p>
      <div class="wide" tabindex="0">
        <table class="numbers">
          <thead>
            <tr>
              ${columns("In points", ...TITLES)}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">${name}<br><small>95 % interval</small><br><small>p</small></th>
              ${MEASURES.map(([measure]) => renderDifference(against.measures[measure]))}
            </tr>
          </tbody>
        </table>
      </div>
      <p
        class="notes">Intervals and p-values by a bootstrap over the images in which all runs see the same
      resamples. They say how far the difference of these very networks would hold on other images, not
      what another seed would do.</p>
      <figure>
        <div class="halves">${renderDifferences(name, against.attributes)}</div>
        <figcaption><b>Figure ${figure}.</b> Differences of the attributes in percentage points with 95&nbsp;% intervals, in the order of
        their accuracy. Filled and coloured: the accuracies differ significantly by ${TESTS[
          against.test
        ]} at 5&nbsp;% after Holm’s correction for ${against.attributes
          .length} attributes. ${significant.length === 0
          ? "No attribute does."
          : html`These do: ${
            significant.map((attribute, at) =>
              html`${at > 0 && ", "}${spaced(attribute.name)} ${
                points(attribute.accuracy.value ?? 0)
              } (${pText(attribute.corrected)})`
            )
          }.`}</figcaption>
      </figure>
    </section>
  `;
}

function renderDifference({ value, interval, p }: Difference): Html {
  return html`<td>${value === null ? "–" : points(value)}<br><small>${
    value !== null && intervalText(interval, points)
  }</small><br><small>${p !== null && pText(p)}</small></td>`;
}
