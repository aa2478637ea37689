/**
 * The pictures of the sample faces: image, true mask and predicted map.
 *
 * @module
 */

import { ATTRIBUTES } from "../attributes.ts";
import { heatColour } from "../heat_map.ts";
import { encodePng, isPicture, readPictureFile } from "../image.ts";
import { predictedMap, trueMask } from "./face_masks.ts";
import { Html, html } from "./html.ts";
import { edgePath, fillPath, type Mask } from "./outline.ts";
import type { SampleFace } from "./samples.ts";
import { spaced } from "./text.ts";

/** Two tiles: the true mask filled, and the predicted map with the true mask's outline. */
export async function renderMasks(face: SampleFace, id: string, column: number): Promise<Html> {
  const name = spaced(ATTRIBUTES[column] ?? "");
  const [width, height] = face.size;
  const truth = trueMask(face, column);
  const scale = `scale(${width / truth.width} ${height / truth.height})`;
  const edge = `${id}-edge-${column}`;
  const outline = new Html(`<path d="${edgePath(truth)}"/>`);
  const tile = (label: string, drawing: Html) =>
    html`
      <svg viewBox="0 0 ${width} ${height}" role="img"
        aria-label="${label}"><use href="#${id}"/>${drawing}</svg>
    `;
  return html`
    <figure class="pair">
      ${tile(
        `${name}: true mask`,
        html`
          <path class="truth" transform="${scale}" d="${fillPath(truth)}" />
          <g id="${edge}" class="edge" transform="${scale}">${outline}</g>
        `,
      )}${tile(
        `${name}: predicted map`,
        html`
          <image width="${width}" height="${height}" preserveAspectRatio="none" href="${await heatUri(
            predictedMap(face, column),
          )}" />
          <use href="#${edge}" />
        `,
      )}
      <figcaption>${name}</figcaption>
    </figure>
  `;
}

/** The image file's bytes as they lie, or null if there is no such file any more or none to be read. */
export async function imageUri(path: string): Promise<string | null> {
  // Whatever keeps it from being read, the report is about something else.
  const bytes = await readPictureFile(path).catch(() => null);
  // A run folder that somebody else made may name any file of this machine.
  if (bytes === null || !isPicture(bytes)) return null;
  const kind = bytes[0] === 0x89 ? "png" : "jpeg";
  return `data:image/${kind};base64,${bytes.toBase64()}`;
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
const OPACITY = 0.85;

/** The colours of a map from 0 to 1 as they lie over an image, as a CSS property. */
export function heatScale(): string {
  const stops = Array.from({ length: 9 }, (_, stop) => {
    const value = stop / 8;
    return `rgb(${heatColour(value).join(" ")} / ${(value * OPACITY).toFixed(2)})`;
  });
  return `background-image:linear-gradient(90deg,${stops.join(",")})`;
}
