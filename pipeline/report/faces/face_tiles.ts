/** The pictures of the sample faces: image, true mask and predicted map. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { heatColour, type HeatMap } from "../../image/drawing/heat_map.ts";
import { contourOf, type ContourPiece, emptinessOf, HALF } from "../../image/drawing/contour.ts";
import { encodePng } from "../../image/image.ts";
import { predictedMap, trueMask } from "./face_masks.ts";
import { type Html, html } from "../html.ts";
import { edgePath, fillPath, type Mask } from "./outline.ts";
import type { SampleFace } from "../../evaluate/samples.ts";
import { spaced } from "../text.ts";

/**
 * Two tiles, the true mask and the predicted map with its line at one half and the true mask's outline, and
 * what is said of the attribute. A map that is nowhere above one half says so.
 */
export async function renderMasks(face: SampleFace, id: string, column: number): Promise<Html> {
  const name = spaced(ATTRIBUTES[column] ?? "");
  const probability = face.probabilities[column] ?? 0;
  const emptiness = emptinessOf(heatMapOf(predictedMap(face, column)));
  return html`
    <figure class="pair">
      ${renderTruth(face, id, column)}${await renderMap(face, id, column)}
      <figcaption>
        <b>${name}</b>
        <span class="said ${probability > HALF ? "yes" : "no"}">${probability.toFixed(
          2,
        )} ${probability > HALF ? "predicted" : "not predicted"}</span>
        ${emptiness !== null && html`<span class="empty">${emptiness}</span>`}
      </figcaption>
    </figure>
  `;
}

/** The face under the true mask. */
function renderTruth(face: SampleFace, id: string, column: number): Html {
  const truth = trueMask(face, column);
  const scale = scaleOf(face);
  return renderTile(
    face,
    `${spaced(ATTRIBUTES[column] ?? "")}: true mask`,
    html`
      <use href="#${id}" />
      <path class="truth" transform="${scale}" d="${fillPath(truth)}" />
      <g class="edge" transform="${scale}">
        <path id="${id}-edge-${column}" class="line" d="${edgePath(truth)}" />
      </g>
    `,
  );
}

/** The face in grey, so that all colour is the map's, under the map. */
async function renderMap(face: SampleFace, id: string, column: number): Promise<Html> {
  const [width, height] = face.size;
  const scale = scaleOf(face);
  const map = predictedMap(face, column);
  const line = contourPath(heatMapOf(map));
  const half = `${id}-half-${column}`;
  return renderTile(
    face,
    `${spaced(ATTRIBUTES[column] ?? "")}: predicted map`,
    html`
      <use class="shade" href="#${id}" />
      <image width="${width}" height="${height}" preserveAspectRatio="none" href="${await heatUri(
        map,
      )}" />
      <g class="edge beside" transform="${scale}">
        <use href="#${id}-edge-${column}" />
      </g>
      ${line !== "" && html`
        <g class="half under" transform="${scale}">
          <path id="${half}" class="line" d="${line}" />
        </g>
        <g class="half" transform="${scale}">
          <use href="#${half}" />
        </g>
      `}
    `,
  );
}

function renderTile({ size: [width, height] }: SampleFace, label: string, drawing: Html): Html {
  return html`
    <svg viewBox="0 0 ${width} ${height}" role="img"
      aria-label="${label}">${drawing}</svg>
  `;
}

/** From mask pixels to pixels of the image. */
function scaleOf({ size: [width, height], mask }: SampleFace): string {
  return `scale(${width / mask.width} ${height / mask.height})`;
}

function heatMapOf({ width, height, data }: Mask): HeatMap {
  return { width, height, data: Float32Array.from(data, (value) => value / 255) };
}

/** The line at one half as a path, in mask pixels to a tenth. */
function contourPath(map: HeatMap): string {
  const tenth = (value: number) => Number(value.toFixed(1));
  return contourOf(map).map((piece) => {
    const [[x, y], [toX, toY]] = piece.map((point) => point.map(tenth)) as unknown as ContourPiece;
    return `M${x} ${y}l${tenth(toX - x)} ${tenth(toY - y)}`;
  }).join("");
}

/** A map as a PNG in the colours of the heat map, each pixel as opaque as its value is high. */
async function heatUri({ width, height, data }: Mask): Promise<string> {
  const pixels = new Uint8Array(width * height * 4);
  for (const [at, value] of data.entries()) {
    pixels.set(heatColour(value / 255), at * 4);
    pixels[at * 4 + 3] = Math.round(value * OPACITY);
  }
  const png = await encodePng({ width, height, data: pixels });
  return `data:image/png;base64,${png.toBase64()}`;
}

/** The most of a map's colour that a pixel takes on, so that the face remains visible under it. */
const OPACITY = 0.75;

/** The colours of a map from 0 to 1 as they lie over an image, with numbers and the line at one half. */
export function renderScale(): Html {
  const stops = Array.from({ length: 9 }, (_, stop) => {
    const value = stop / 8;
    return `rgb(${heatColour(value).join(" ")} / ${(value * OPACITY).toFixed(2)})`;
  });
  return html`
    <span class="scale">
      <i style="background-image:linear-gradient(90deg,${stops.join(",")})"></i>
      <span>0</span><span>0.5</span><span>1</span>
    </span>
  `;
}
