/** An image under one attribute's map, made to be believed: what is said to be here has a border. */

import { drawHeatMap, type HeatMap } from "../image/drawing/heat_map.ts";
import { contourOf, emptinessOf } from "../image/drawing/contour.ts";
import { refineMap } from "../image/drawing/refine.ts";
import type { RgbImage } from "../image/image.ts";
import { Canvas } from "../image/drawing/canvas.ts";
import type { Rgb } from "../image/drawing/colours.ts";
import { widthOfText, writeText } from "../image/drawing/text.ts";

/** The most of a map's colour that a pixel takes on: a mouth must be seen under it. */
export const OPACITY = 0.7;

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [12, 14, 18];
const NOTE: Rgb = [255, 214, 138];

/** Height of an image whose contour is one pixel wide, and that of one whose notes are; in pixels. */
const FINE = { contour: 230, note: 23 } as const;
/** The smallest text that can be read. */
const SMALLEST = 9;

/**
 * The map, enlarged smoothly, over the image; a white line where it is one half. A map that is nowhere above
 * one half says so in words, and what there is of it is as faint as its values are.
 *
 * @returns A new image of the same size.
 * @throws {TypeError} If the data of the image or the map does not have the stated size.
 */
export function drawWhere(image: RgbImage, map: HeatMap): Canvas {
  const fine = refineMap(map);
  const canvas = new Canvas(image.width, image.height, BLACK);
  canvas.paste(drawHeatMap(image, fine, { opacity: OPACITY }), 0, 0);
  const emptiness = emptinessOf(map);
  if (emptiness !== null) drawNote(canvas, emptiness);
  else drawContour(canvas, fine);
  return canvas;
}

/** A white line in a dark one, so that it shows on every colour. */
function drawContour(canvas: Canvas, map: HeatMap): void {
  const [across, down] = [canvas.width / map.width, canvas.height / map.height];
  const width = Math.max(1, canvas.height / FINE.contour);
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

/** A band with words at the lower edge, in one line or at each `; ` in a new one. */
function drawNote(canvas: Canvas, text: string): void {
  const wanted = Math.max(13, Math.round(canvas.height / FINE.note));
  const [lines, size] = linesThatFit(text, canvas.width - wanted, wanted);
  const step = Math.round(size * 1.2);
  const height = lines.length * step + Math.round(size * 0.6);
  const top = canvas.height - height;
  canvas.fill(0, top, canvas.width, height, BLACK, 0.78);
  for (const [index, line] of lines.entries()) {
    const left = Math.round((canvas.width - widthOfText(line, size)) / 2);
    writeText(canvas, line, left, top + Math.round(size * 0.4) + index * step, {
      size,
      colour: NOTE,
    });
  }
}

/** The lines of a note, and the size of text, up to the wanted one, at which they fit. */
function linesThatFit(
  text: string,
  width: number,
  wanted: number,
): [lines: readonly string[], size: number] {
  const parted = text.split("; ");
  const fits = (lines: readonly string[], size: number) =>
    lines.every((line) => widthOfText(line, size) <= width);
  if (fits([text], wanted)) return [[text], wanted];
  for (let size = wanted; size > SMALLEST; size--) {
    if (fits(parted, size)) return [parted, size];
  }
  return [parted, SMALLEST];
}
