/** The report's best and worst faces. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import type { ExtremeFace, Extremes } from "../../evaluate/extremes.ts";
import { type Html, html } from "../html.ts";
import type { PictureSource } from "../faces/picture_source.ts";
import { spaced } from "../text.ts";

/** Both rows of faces, or why there are none. */
export async function renderExtremes(
  extremes: Extremes | null,
  pictures: PictureSource,
): Promise<Html> {
  if (!extremes || extremes.best.length === 0) {
    return html`<p class="note">The run has no best and worst faces (<code>extremes.json</code>); the evaluation
    writes them.</p>`;
  }
  const render = (face: ExtremeFace) => renderFace(face, pictures);
  return html`
    <p>
      The faces that the network knows best and worst, by the mean over the attributes of the log loss:
      −log of the probability that it gave to the truth. Below each face is what it got wrong.
    </p>
    <h3>Best</h3>
    <div class="extremes">${await Promise.all(extremes.best.map(render))}</div>
    <h3>Worst</h3>
    <div class="extremes">${await Promise.all(extremes.worst.map(render))}</div>
  `;
}

async function renderFace(face: ExtremeFace, pictures: PictureSource): Promise<Html> {
  const { image, path, size: [width, height], labels, probabilities, logLoss } = face;
  const source = await pictures.picture(path);
  const wrong = (isPresent: boolean) =>
    ATTRIBUTES.filter((name, column) =>
      labels.includes(name) === isPresent && (probabilities[column]! > 0.5) !== isPresent
    ).map(spaced);
  const [missed, invented] = [wrong(true), wrong(false)];
  const right = ATTRIBUTES.length - missed.length - invented.length;
  const picture = source.uri !== null
    ? html`<image width="${width}" height="${height}" preserveAspectRatio="none" href="${source.uri}" />`
    : html`<rect width="${width}" height="${height}" fill="var(--grid)" />`;
  return html`
    <figure>
      <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${image}">${picture}</svg>
      <figcaption>
        <b>${image}</b><br>${right} of ${ATTRIBUTES.length} right<br>log loss ${logLoss.toFixed(2)}
        ${source.uri === null && html`<br>${source.why}`}
        ${missed.length > 0 && html`<br><i>missed</i> ${missed.join(", ")}`}
        ${invented.length > 0 && html`<br><i>false</i> ${invented.join(", ")}`}
      </figcaption>
    </figure>
  `;
}
