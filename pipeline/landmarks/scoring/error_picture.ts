/** Pictures of a face with its true and its predicted points. */

import { resizeImage, type RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import { Canvas } from "../../image/drawing/canvas.ts";
import { endThatFits, widthOfText, writeText } from "../../image/drawing/text.ts";
import type { Rgb } from "../../image/drawing/colours.ts";
import { boxAround } from "../face_square.ts";

interface ErrorFace {
  readonly image: RgbImage;
  /** f32 [136]: true points in pixels of the image. */
  readonly truth: Float32Array;
  /** f32 [136]: those of the predicted face or, where it was missed, of another one; null for none. */
  readonly predicted: Float32Array | null;
  /** Whether the predicted face is the true one. */
  readonly found: boolean;
}

/** A picture and what is written below it. */
export interface Captioned {
  readonly picture: RgbImage;
  /** The second line, the image's name, loses its beginning where it is too long. */
  readonly lines: readonly [string, string];
}

const PAPER: Rgb = [24, 27, 33];
const INK: Rgb = [236, 238, 242];
const FAINT: Rgb = [150, 156, 168];
const SHADE: Rgb = [0, 0, 0];
/** Far apart in lightness too, for those who do not see red and green apart. */
const TRUE: Rgb = [64, 255, 112];
const PREDICTED: Rgb = [255, 48, 64];
const BETWEEN: Rgb = [255, 224, 64];

/** The picture's side relative to the larger extent of the true points, and of another face's. */
const AROUND = 1.8;
const AROUND_OTHER = 1.2;

/** Space around things, size of text, and height of a line of it, in pixels. */
const MARGIN = 12;
const TEXT = 18;
const LINE = 24;
const NAME = { size: TEXT, colour: FAINT };
/** Pictures of a contact sheet side by side. */
const COLUMNS = 5;

/** First and last point of each contour in iBUG's order, and whether it is closed. */
const CONTOURS: readonly (readonly [first: number, last: number, closed: boolean])[] = [
  [0, 16, false],
  [17, 21, false],
  [22, 26, false],
  [27, 30, false],
  [31, 35, false],
  [36, 41, true],
  [42, 47, true],
  [48, 59, true],
  [60, 67, true],
];

/**
 * The part of the image around the true face, and around the other one if that was found in its place,
 * as large as fits a square: true points green, predicted ones red, yellow lines between the two where
 * they are of the same face.
 *
 * @throws {RangeError} If the true points lie outside of the image.
 */
export function drawErrors({ image, truth, predicted, found }: ErrorFace, side: number): Canvas {
  const other = found ? null : predicted;
  const area = areaOf(image, truth, other);
  const scale = side / Math.max(area.width, area.height);
  const size = [area.width, area.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = new Canvas(size[0]!, size[1]!, PAPER);
  canvas.paste(resizeImage(cut(image, area), canvas.width, canvas.height), 0, 0);
  // Lines and points grow with the picture.
  const unit = Math.max(1, side / 400);
  const moved = (points: Float32Array) =>
    Float64Array.from(points, (value, i) => (value - (i % 2 === 0 ? area.x : area.y)) * scale);
  const shapes = [{ points: moved(truth), colour: TRUE }];
  if (predicted) shapes.push({ points: moved(predicted), colour: PREDICTED });
  for (const { points } of shapes) drawContours(canvas, points, SHADE, 2.6 * unit, 0.3);
  if (predicted && found) drawBetween(canvas, shapes[0]!.points, shapes[1]!.points, unit);
  for (const { points, colour } of shapes) {
    drawContours(canvas, points, colour, 0.9 * unit, 0.9);
    for (let i = 0; i < points.length; i += 2) {
      canvas.disc(points[i]!, points[i + 1]!, 1.5 * unit, colour);
    }
  }
  return canvas;
}

/** A picture over its two lines, `side` pixels wide without the margin, with a legend. */
export function withCaption({ picture, lines: [first, second] }: Captioned, side: number): Canvas {
  const canvas = new Canvas(side + 2 * MARGIN, picture.height + 3 * MARGIN + 2 * LINE, PAPER);
  canvas.paste(picture, MARGIN + ((side - picture.width) >> 1), MARGIN);
  const top = picture.height + 2 * MARGIN;
  writeText(canvas, first, MARGIN, top, { size: TEXT, colour: INK });
  writeText(canvas, endThatFits(second, side, TEXT), MARGIN, top + LINE, NAME);
  drawLegend(canvas, MARGIN + side - legendWidth(), top);
  return canvas;
}

/** Many pictures of at most `side` pixels side by side, over a legend. */
export function errorSheet(faces: readonly Captioned[], side: number): Canvas {
  const across = Math.max(1, Math.min(COLUMNS, faces.length));
  const down = Math.ceil(faces.length / across);
  const [stepX, stepY] = [side + MARGIN, side + 2 * LINE + 2 * MARGIN];
  const width = Math.max(across * stepX, legendWidth() + MARGIN) + MARGIN;
  const canvas = new Canvas(width, MARGIN + down * stepY + LINE, PAPER);
  for (const [i, { picture, lines }] of faces.entries()) {
    const x = MARGIN + (i % across) * stepX;
    const y = MARGIN + Math.floor(i / across) * stepY;
    canvas.paste(picture, x + ((side - picture.width) >> 1), y + ((side - picture.height) >> 1));
    writeText(canvas, lines[0], x, y + side + 8, { size: TEXT, colour: INK });
    writeText(canvas, endThatFits(lines[1], side, TEXT), x, y + side + 8 + LINE, NAME);
  }
  drawLegend(canvas, MARGIN, MARGIN + down * stepY);
  return canvas;
}

/** What to show, in whole pixels inside the image. */
function areaOf(image: RgbImage, truth: Float32Array, other: Float32Array | null): Box {
  const boxes = [around(boxAround(truth), AROUND)];
  if (other) boxes.push(around(boxAround(other), AROUND_OTHER));
  const left = Math.max(0, Math.floor(Math.min(...boxes.map(({ x }) => x))));
  const top = Math.max(0, Math.floor(Math.min(...boxes.map(({ y }) => y))));
  const right = Math.min(image.width, Math.ceil(Math.max(...boxes.map((b) => b.x + b.width))));
  const bottom = Math.min(image.height, Math.ceil(Math.max(...boxes.map((b) => b.y + b.height))));
  if (right > left && bottom > top) {
    return { x: left, y: top, width: right - left, height: bottom - top };
  }
  throw new RangeError(`the true points lie outside of the ${image.width}x${image.height} pixels`);
}

/** A square with the same centre. */
function around({ x, y, width, height }: Box, factor: number): Box {
  const side = factor * Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}

function cut(image: RgbImage, { x, y, width, height }: Box): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((y + row) * image.width + x);
    data.set(image.data.subarray(from, from + 3 * width), 3 * width * row);
  }
  return { width, height, data };
}

function drawContours(
  canvas: Canvas,
  points: Float64Array,
  colour: Rgb,
  width: number,
  opacity: number,
): void {
  const at = (i: number) => [points[2 * i]!, points[2 * i + 1]!] as const;
  for (const [first, last, closed] of CONTOURS) {
    for (let i = first; i < last; i++) canvas.line(at(i), at(i + 1), width, colour, opacity);
    if (closed) canvas.line(at(last), at(first), width, colour, opacity);
  }
}

/** A line from each true point to the predicted one. */
function drawBetween(canvas: Canvas, from: Float64Array, to: Float64Array, unit: number): void {
  for (let i = 0; i < from.length; i += 2) {
    canvas.line([from[i]!, from[i + 1]!], [to[i]!, to[i + 1]!], 0.7 * unit, BETWEEN, 0.75);
  }
}

const LEGEND: readonly (readonly [colour: Rgb, text: string])[] = [
  [TRUE, "true"],
  [PREDICTED, "predicted"],
];
/** Pixels of a legend's disc, and between its entries. */
const DISC = 16;
const GAP = 14;

function legendWidth(): number {
  return LEGEND.reduce((sum, [, text]) => sum + DISC + widthOfText(text, TEXT) + GAP, -GAP);
}

function drawLegend(canvas: Canvas, x: number, y: number): void {
  for (const [colour, text] of LEGEND) {
    canvas.disc(x + 5, y + 7, 4.5, colour);
    writeText(canvas, text, x + DISC, y, NAME);
    x += DISC + widthOfText(text, TEXT) + GAP;
  }
}
