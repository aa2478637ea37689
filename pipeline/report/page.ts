/** The report as one HTML page that needs nothing beside it. */

import { basename, resolve } from "node:path";
import { renderAttributes } from "./sections/attributes.ts";
import { renderData } from "./sections/data.ts";
import { renderDocument } from "./document.ts";
import { renderExtremes } from "./sections/extremes.ts";
import { renderFaces } from "./faces.ts";
import { renderHeadline } from "./sections/headline.ts";
import { type Html, html } from "./html.ts";
import { renderReliability } from "./sections/reliability.ts";
import { renderOcclusion } from "./sections/occlusion.ts";
import { PictureSource } from "./faces/picture_source.ts";
import type { RunFolder } from "./run_folder.ts";
import { renderSetup } from "./sections/setup.ts";
import { renderTraining } from "./sections/training.ts";
import { hasWhere, renderWhere } from "./sections/where.ts";

/** The whole page, with pictures from the data set's folder and those that are named. */
export async function renderPage(
  run: RunFolder,
  images: readonly string[] = [],
): Promise<string> {
  const pictures = await PictureSource.open(run, images);
  const name = basename(resolve(run.path));
  const counts = [...run.log?.faces ?? [], ...run.metrics?.faces ?? []];
  return renderDocument({
    kind: "report",
    title: name,
    provenance: renderProvenance(run),
    main: html`
      ${renderHeadline(run.metrics, run.path)}
      <nav aria-label="Sections">
        ${counts.length > 0 && html`
          <a href="#data">Data</a>
        `}<a href="#training">Training</a> <a href="#attributes">Attributes</a>
        <a href="#where">Where</a> <a href="#reliability">Reliability</a> ${run.occlusion &&
          html`<a href="#occlusion">Where it looks</a>`} <a href="#extremes">Best and worst faces</a>
        <a href="#faces">Sample faces</a> <a href="#setup">Set-up</a>
      </nav>
      ${counts.length > 0 &&
        html`<section id="data"><h2>Data</h2>${renderData(counts)}</section>`}
      <section id="training"><h2>Training</h2>${renderTraining(run.log)}</section>
      <section id="attributes"><h2>Attributes</h2>${renderAttributes(run.metrics)}</section>
      <section id="where"><h2>Where</h2>${renderWhere(run.metrics)}</section>
      <section id="reliability"><h2>Reliability</h2>${renderReliability(
        run.metrics?.evidence,
        run.metrics?.images ?? 0,
        hasWhere(run.metrics) ? 4 : 3,
      )}</section>
      ${run.occlusion &&
        html`<section id="occlusion"><h2>Where it looks</h2>${
          renderOcclusion(
            run.occlusion,
          )
        }</section>`}
      <section id="extremes"><h2>Best and worst faces</h2>${await renderExtremes(
        run.extremes,
        pictures,
      )}</section>
      <section id="faces"><h2>Sample faces</h2>${await renderFaces(run.faces, pictures)}</section>
      <section id="setup"><h2>Set-up</h2>${renderSetup(run)}</section>
    `,
  });
}

/** Preset, data set, back end and date, as far as the configuration names them. */
function renderProvenance({ config, data }: RunFolder): Html {
  const { preset, backend, seed, created } = config;
  const facts = [
    ["preset", preset],
    ["data set", data.dataset],
    ["back end", backend],
    ["seed", seed],
    ["created", created],
  ].filter(([, value]) => typeof value === "string" || typeof value === "number");
  return html`<p class="provenance">${
    facts.map(([name, value]) =>
      html`
        <span>${String(name)} <b>${String(value)}</b></span>
      `
    )
  }</p>`;
}
