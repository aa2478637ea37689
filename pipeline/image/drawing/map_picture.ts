/** An image under a map, made to be believed: what is said to be here has a border. */

import { drawHeatMap, type HeatMap } from "./heat_map.ts";
import { contourOf } from "./contour.ts";
import { refineMap } from "./refine.ts";
import type { RgbImage } from "../pixels.ts";
import { Canvas } from "./canvas.ts";
import type { Rgb } from "./colours.ts";

/** The most of a map's colour that a pixel takes on: a mouth must be seen under it. */
export const OPACITY = 0.7;

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [12, 14, 18];

/** Height of an image whose contour is one pixel wide; in pixels. */
const FINE = 230;

/**
 * The map, enlarged smoothly, over the image; a white line where it is one half.
 *
 * @returns A new image of the same size.
 * @throws {TypeError} If the data of the image or the map does not have the stated size.
 */
export function drawMap(image: RgbImage, map: HeatMap): Canvas {
  const fine = refineMap(map);
  const canvas = new Canvas(image.width, image.height, BLACK);
  canvas.paste(drawHeatMap(image, fine, { opacity: OPACITY }), 0, 0);
  drawContour(canvas, fine);
  return canvas;
}

/** A white line in a dark one, so that it shows on every colour. */
function drawContour(canvas: Canvas, map: HeatMap): void {
  const [across, down] = [canvas.width / map.width, canvas.height / map.height];
  const width = Math.max(1, canvas.height / FINE);
  const pieces = contourOf(map);
  for (const [extra, colour] of [[1.4, BLACK], [0, WHITE]] as const) {
    for (const [[x0, y0], [x1, y1]] of pieces) {
      canvas.line(
        [x0 * across, y0 * down],
        [x1 * across, y1 * down],
        width * (1 + extra),
        colour,
      );
    }
  }
}
