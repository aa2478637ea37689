/**
 * The report's sample faces: each image with its true and predicted masks and its probabilities.
 *
 * @module
 */

import { ATTRIBUTES, hasAttribute } from "../face/attributes.ts";
import { chooseAttributes } from "./faces/face_masks.ts";
import { renderMasks, renderScale } from "./faces/face_tiles.ts";
import { type Html, html } from "./html.ts";
import type { PictureSource } from "./faces/picture_source.ts";
import type { SampleFace } from "../evaluate/samples.ts";
import { percent, spaced } from "./text.ts";

/** Attributes whose masks are shown for a face: with its image they fill three rows of two. */
const MASKS_PER_FACE = 5;

/** All faces, one below the other, or how to get them. */
export async function renderFaces(
  faces: readonly SampleFace[] | null,
  pictures: PictureSource,
): Promise<Html> {
  if (!faces || faces.length === 0) {
    return html`<p class="note">The run has no sample faces (<code>samples.json</code>); the evaluation
    writes them.</p>`;
  }
  const chosen = chooseAttributes(faces, MASKS_PER_FACE);
  return html`
    <p>
      Of each pair, the left face wears the true mask of the attribute and the right one, in grey, the
      map that the network predicts. The attributes shown are chosen by the truth alone, whatever the
      network made of them, and the most probable comes first. The lists have what is present or
      predicted (with a probability above one half), marked <i>missed</i> if it is present and denied
      and <i>false</i> if it is absent and predicted; everything else is rightly denied.
    </p>
    <p class="legend">
      <span>value of the map ${renderScale()}</span>
      <span class="key half">the map is one half</span>
      <span class="key truth">true mask</span>
      <span class="key outline">its outline, beside the map</span>
    </p>
    ${await Promise.all(
      faces.map((face, index) =>
        renderFace(face, `face-${index + 1}`, chosen[index] ?? [], pictures)
      ),
    )}
  `;
}

async function renderFace(
  face: SampleFace,
  id: string,
  columns: readonly number[],
  pictures: PictureSource,
): Promise<Html> {
  const [width, height] = face.size;
  const source = await pictures.picture(face.path);
  const picture = source.uri !== null
    ? html`
      <image id="${id}" width="${width}" height="${height}" preserveAspectRatio="none"
        href="${source.uri}" />
    `
    : html`
      <g id="${id}">
        <rect width="${width}" height="${height}" fill="var(--grid)" />
      </g>
    `;
  const right = ATTRIBUTES.filter((_, column) => isRight(face, column)).length;
  const likeliest = columns.toSorted((a, b) => face.probabilities[b]! - face.probabilities[a]!);
  const masks = await Promise.all(likeliest.map((column) => renderMasks(face, id, column)));
  return html`
    <article class="face">
      <div class="masks">
        <figure class="pair portrait">
          <svg viewBox="0 0 ${width} ${height}" role="img"
            aria-label="${face.image}">${picture}</svg>
          <figcaption>
            <b>${face.image}</b><br>${right} of ${ATTRIBUTES.length} right
            ${source.uri === null && html`<br>${source.why}`}
          </figcaption>
        </figure>
        ${masks.length > 0 ? masks : html`<p class="note">No mask to compare.</p>`}
      </div>
      ${renderProbabilities(face)}
    </article>
  `;
}

/** What is present or predicted, the most probable first; the rest is rightly denied and left out. */
function renderProbabilities(face: SampleFace): Html {
  const rows = ATTRIBUTES.map((name, column) => ({
    name: spaced(name),
    present: hasAttribute(face.labels, column),
    probability: face.probabilities[column] ?? 0,
    right: isRight(face, column),
  })).filter(({ present, probability }) => present || probability > 0.5)
    .sort((a, b) => b.probability - a.probability);
  return html`
    <table class="probabilities">
      <caption>Present or predicted, probability in %</caption>
      <tbody>${rows.map(({ name, present, probability, right }) =>
        html`
          <tr class="${right ? "right" : "wrong"}">
            <th scope="row">${name}</th>
            <td class="bar"><i style="width:${(probability * 100).toFixed(0)}%"></i></td>
            <td>${percent(probability, 0)}</td>
            <td class="mark">${right ? "✓" : present ? "✗ missed" : "✗ false"}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
}

function isRight(face: SampleFace, column: number): boolean {
  return hasAttribute(face.labels, column) === ((face.probabilities[column] ?? 0) > 0.5);
}
