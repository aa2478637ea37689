/**
 * Text on pictures: anti-aliased, in capitals and small letters, at any size.
 *
 * @module
 */

import type { Canvas } from "../image/drawing/canvas.ts";
import type { Rgb } from "../face/region_colours.ts";
import { LETTER, letterFor, type Stroke } from "./letters.ts";

/** How text looks. */
interface TextStyle {
  /** Pixels from the top of a capital to the lower end of a `g`, and a little more: the line's height. */
  readonly size: number;
  readonly colour: Rgb;
  readonly bold?: boolean;
}

/** Thickness of strokes in units of the typeface. */
const THIN = 1.55;
const BOLD = 2.3;

/** Writes text; (x, y) is the upper left corner of its first capital, and whole numbers are crisp. */
export function writeText(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  { size, colour, bold = false }: TextStyle,
): void {
  const unit = size / LETTER.size;
  const width = Math.max(1, (bold ? BOLD : THIN) * unit);
  const level = levelsOf(unit);
  let left = x;
  for (const character of text) {
    const letter = letterFor(character);
    const moved = letter.strokes.map((stroke) =>
      stroke.map(([across, down]) => [left + across * unit + width / 2, y + level(down)] as const)
    );
    drawStrokes(canvas, moved, width, colour);
    left += (letter.width + gapOf(bold)) * unit;
  }
}

/** Pixels that a text takes from left to right. */
export function widthOfText(
  text: string,
  { size, bold = false }: Omit<TextStyle, "colour">,
): number {
  const units = [...text].reduce((sum, c) => sum + letterFor(c).width + gapOf(bold), 0);
  const unit = size / LETTER.size;
  return Math.max(0, (units - gapOf(bold)) * unit + Math.max(1, (bold ? BOLD : THIN) * unit));
}

/** The text, or as much of its end as fits a width behind three dots: names often begin alike. */
export function endThatFits(
  text: string,
  width: number,
  style: Omit<TextStyle, "colour">,
): string {
  if (widthOfText(text, style) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && widthOfText("…" + characters.join(""), style) > width) {
    characters.shift();
  }
  return "…" + characters.join("");
}

function gapOf(bold: boolean): number {
  return bold ? LETTER.gap + BOLD - THIN : LETTER.gap;
}

/**
 * From heights in the typeface to pixels: what strokes lie along comes to lie on the middle of a pixel,
 * so that they are as sharp at every size as the pixels allow.
 */
function levelsOf(unit: number): (height: number) => number {
  const { top, lower, base, below } = LETTER;
  const anchors = [top, lower, (lower + base) / 2, base, below];
  const snapped = anchors.map((anchor) => Math.round(anchor * unit) + 0.5);
  return (height) => {
    const next = Math.min(Math.max(anchors.findIndex((a) => a >= height), 1), anchors.length - 1);
    const from = height > below ? anchors.length - 1 : next;
    const [low, high] = [anchors[from - 1]!, anchors[from]!];
    const share = (height - low) / (high - low);
    return snapped[from - 1]! + (snapped[from]! - snapped[from - 1]!) * share;
  };
}

/** Draws one letter. A pixel takes the nearest stroke's cover, so that joints are no darker than the rest. */
function drawStrokes(canvas: Canvas, strokes: readonly Stroke[], width: number, colour: Rgb): void {
  const points = strokes.flat();
  if (points.length === 0) return;
  const pieces = strokes.flatMap(piecesOf);
  const reach = width / 2 + 1;
  const side = (axis: 0 | 1) => points.map((point) => point[axis]);
  const [left, right] = [Math.min(...side(0)) - reach, Math.max(...side(0)) + reach];
  const [top, bottom] = [Math.min(...side(1)) - reach, Math.max(...side(1)) + reach];
  for (let row = Math.floor(top); row < bottom; row++) {
    for (let column = Math.floor(left); column < right; column++) {
      const distance = distanceTo(pieces, column + 0.5, row + 0.5);
      const cover = Math.min(1, width / 2 + 0.5 - distance);
      if (cover > 0) canvas.fill(column, row, 1, 1, colour, cover);
    }
  }
}

/** A straight piece of a stroke: where it begins, how far it goes, and that squared. */
interface Piece {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly square: number;
}

function piecesOf(stroke: Stroke): Piece[] {
  return stroke.slice(1).map(([toX, toY], i) => {
    const [x, y] = stroke[i]!;
    const [dx, dy] = [toX - x, toY - y];
    return { x, y, dx, dy, square: dx * dx + dy * dy };
  });
}

/** How far a point is from the nearest piece. */
function distanceTo(pieces: readonly Piece[], x: number, y: number): number {
  let nearest = Infinity;
  for (const piece of pieces) {
    const [fromX, fromY] = [x - piece.x, y - piece.y];
    const share = piece.square && (fromX * piece.dx + fromY * piece.dy) / piece.square;
    const along = Math.min(1, Math.max(0, share));
    const across = fromX - along * piece.dx;
    const down = fromY - along * piece.dy;
    nearest = Math.min(nearest, across * across + down * down);
  }
  return Math.sqrt(nearest);
}
