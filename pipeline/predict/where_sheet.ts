/**
 * One picture of where a network sees what: an image and its clearest attributes' heat maps.
 *
 * @module
 */

import { drawHeatMap, heatColour, type HeatMap } from "../heat_map.ts";
import { resizeImage, type RgbImage } from "../image.ts";
import { Canvas, fitTextEnd, textWidth } from "../segments/canvas.ts";
import { GLYPH } from "../segments/glyphs.ts";
import type { Rgb } from "../segments/region_colours.ts";
import type { LikelyAttribute } from "./most_likely.ts";

/** An attribute with its map. */
export interface SeenAttribute extends LikelyAttribute {
  readonly map: HeatMap;
}

/** What a sheet shows. */
export interface WhereSheet {
  readonly image: RgbImage;
  /** The image's name, above it. */
  readonly title: string;
  readonly attributes: readonly SeenAttribute[];
}

const PAPER: Rgb = [24, 27, 33];
const INK: Rgb = [236, 238, 242];
const FAINT: Rgb = [150, 156, 168];

/** Width of a tile, for the longest attribute and its figure below it, and its greatest height, in pixels. */
const TILE = { width: 288, height: 420 } as const;
/** Tiles side by side. */
const COLUMNS = 3;
/** Space around things, the side of a font pixel, and the height of a line of text, in pixels. */
const MARGIN = 14;
const FONT = 2;
const LINE = 26;
/** The colour scale. */
const SCALE = { width: 200, height: 12 } as const;

/**
 * Draws the image as it is, then each attribute's map over its grey values with name and probability, and
 * the colours from 0 to 1 below.
 */
export function drawWhereSheet({ image, title, attributes }: WhereSheet): RgbImage {
  const scale = Math.min(TILE.width / image.width, TILE.height / image.height);
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(side * scale))
  ) as [number, number];
  const face = resizeImage(image, width, height);
  const shade = shadeOf(face);
  const tiles = [
    { picture: face, text: "the image" },
    ...attributes.map(({ name, probability, map }) => ({
      picture: drawHeatMap(shade, map),
      text: withFigure(name, probability.toFixed(2)),
    })),
  ];
  const rows = Math.ceil(tiles.length / COLUMNS);
  const step = { x: TILE.width + MARGIN, y: height + LINE + MARGIN };
  const top = MARGIN + LINE;
  const canvas = new Canvas(
    COLUMNS * step.x + MARGIN,
    top + rows * step.y + LINE + MARGIN,
    PAPER,
  );
  canvas.text(fitTextEnd(title, FONT, canvas.width - 2 * MARGIN), MARGIN, MARGIN, FONT, INK);
  for (const [index, { picture, text }] of tiles.entries()) {
    const x = MARGIN + (index % COLUMNS) * step.x;
    const y = top + Math.floor(index / COLUMNS) * step.y;
    canvas.paste(picture, x + ((TILE.width - width) >> 1), y);
    canvas.text(text, x, y + height + 6, FONT, INK);
  }
  drawScale(canvas, MARGIN, top + rows * step.y);
  return canvas;
}

/** The image in grey, so that all colour is the map's; luma of ITU-R BT.601. */
function shadeOf({ width, height, data }: RgbImage): RgbImage {
  const grey = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    grey.fill(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!, at, at + 3);
  }
  return { width, height, data: grey };
}

/** A name and a number at the two ends of a tile's line. */
function withFigure(name: string, figure: string): string {
  const places = Math.floor((TILE.width / FONT + 1) / GLYPH.advance);
  const room = places - figure.length - 1;
  return name.replaceAll("_", " ").slice(0, room).padEnd(room + 1) + figure;
}

function drawScale(canvas: Canvas, x: number, y: number): void {
  const [before, after] = ["0 not here", "1 here"];
  canvas.text(before, x, y, FONT, FAINT);
  const left = x + textWidth(before, FONT) + MARGIN;
  for (let step = 0; step < SCALE.width; step++) {
    const colour = heatColour(step / (SCALE.width - 1));
    canvas.fill(left + step, y + 3, 1, SCALE.height, colour);
  }
  canvas.text(after, left + SCALE.width + MARGIN, y, FONT, FAINT);
}
