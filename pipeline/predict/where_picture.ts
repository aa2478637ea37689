/** An image under one attribute's map, with words where there is nothing to see. */

import { emptinessOf } from "../image/drawing/contour.ts";
import type { HeatMap } from "../image/drawing/heat_map.ts";
import { drawMap } from "../image/drawing/map_picture.ts";
import type { RgbImage } from "../image/image.ts";
import type { Canvas } from "../image/drawing/canvas.ts";
import type { Rgb } from "../image/drawing/colours.ts";
import { widthOfText, writeText } from "../image/drawing/text.ts";

const BLACK: Rgb = [12, 14, 18];
const NOTE: Rgb = [255, 214, 138];

/** Height of an image whose notes are one pixel high; in pixels. */
const FINE = 23;
/** The smallest text that can be read. */
const SMALLEST = 9;

/**
 * As {@linkcode drawMap}; a map that is nowhere above one half says so in words, and what there is of it is as
 * faint as its values are.
 *
 * @returns A new image of the same size.
 * @throws {TypeError} If the data of the image or the map does not have the stated size.
 */
export function drawWhere(image: RgbImage, map: HeatMap): Canvas {
  const canvas = drawMap(image, map);
  const emptiness = emptinessOf(map);
  if (emptiness !== null) drawNote(canvas, emptiness);
  return canvas;
}

/** A band with words at the lower edge, in one line or at each `; ` in a new one. */
function drawNote(canvas: Canvas, text: string): void {
  const wanted = Math.max(13, Math.round(canvas.height / FINE));
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
