/** One picture of where a network sees what: an image and its attributes' heat maps. */

import type { HeatMap } from "../image/drawing/heat_map.ts";
import { HALF } from "../image/drawing/contour.ts";
import { resizeImage, type RgbImage } from "../image/image.ts";
import { Canvas } from "../image/drawing/canvas.ts";
import type { Rgb } from "../image/drawing/colours.ts";
import { endThatFits, widthOfText, writeText } from "../image/drawing/text.ts";
import type { LikelyAttribute } from "./most_likely.ts";
import { drawLegend, LEGEND } from "./where_legend.ts";
import { drawWhere } from "./where_picture.ts";

/** An attribute with its map. */
export interface SeenAttribute extends LikelyAttribute {
  readonly map: HeatMap;
  /** Whether its probability is above its threshold; left out, whether it is above one half. */
  readonly predicted?: boolean;
}

interface WhereSheet {
  readonly image: RgbImage;
  /** The image's name, above it. */
  readonly title: string;
  /** Within what is predicted and what is not, they are shown in this order. */
  readonly attributes: readonly SeenAttribute[];
}

const PAPER: Rgb = [24, 27, 33];
const RULE: Rgb = [84, 90, 102];
const PREDICTED: Rgb = [140, 226, 178];
const INK: Rgb = [236, 238, 242];
const FAINT: Rgb = [170, 176, 188];

/** Height that an image is enlarged or shrunk to, and its greatest width, in pixels. */
const PICTURE = { width: 460, height: 340 } as const;
/** Width of a tile at least: the longest attribute and its figure below it, in pixels. */
const TILE_WIDTH = 264;
/** Tiles side by side. */
const COLUMNS = 4;
/** Space around things; heights of a line below a tile and of a heading with its space. */
const MARGIN = 18;
const CAPTION = 28;
const HEADING = 42;
const TEXT_SIZE = 17;

interface Tile {
  readonly picture: RgbImage;
  readonly name: string;
  readonly figure: string;
}

interface Part {
  readonly heading: string;
  readonly colour: Rgb;
  readonly tiles: readonly Tile[];
}

/**
 * Draws the image as it is and the map of each predicted attribute over its grey values, then those of the
 * others under a heading of their own; with names, probabilities, a line where a map is one half, words
 * where it is nowhere above, and the colours from 0 to 1.
 */
export function drawWhereSheet(sheet: WhereSheet): RgbImage {
  const parts = partsOf(sheet);
  const { width, height } = parts[0]!.tiles[0]!.picture;
  const step = { x: Math.max(TILE_WIDTH, width) + MARGIN, y: height + CAPTION + MARGIN };
  const top = 2 * MARGIN + LEGEND.height;
  const heights = parts.map(({ tiles }) => HEADING + Math.ceil(tiles.length / COLUMNS) * step.y);
  const canvas = new Canvas(
    COLUMNS * step.x + MARGIN,
    top + heights.reduce((sum, each) => sum + each, 0),
    PAPER,
  );
  drawLegend(canvas, canvas.width - MARGIN - LEGEND.width, MARGIN);
  const title = { size: 22, colour: INK };
  const room = canvas.width - LEGEND.width - 3 * MARGIN;
  writeText(canvas, endThatFits(sheet.title, room, title.size), MARGIN, MARGIN + 4, title);
  let y = top;
  for (const [index, part] of parts.entries()) {
    drawPart(canvas, part, y, step);
    y += heights[index]!;
  }
  return canvas;
}

/** What a sheet consists of: the image comes first. */
function partsOf({ image, attributes }: WhereSheet): Part[] {
  const scale = Math.min(PICTURE.height / image.height, PICTURE.width / image.width);
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(side * scale))
  ) as [number, number];
  const face = resizeImage(image, width, height);
  const shade = shadeOf(face);
  const tileOf = ({ name, probability, map }: SeenAttribute): Tile => ({
    picture: drawWhere(shade, map),
    name: name.replaceAll("_", " "),
    figure: probability.toFixed(2),
  });
  const isPredicted = ({ predicted, probability }: SeenAttribute) =>
    predicted ?? probability > HALF;
  const seen = attributes.filter(isPredicted).map(tileOf);
  const others = attributes.filter((attribute) => !isPredicted(attribute)).map(tileOf);
  const heading = seen.length > 0
    ? "predicted: probability above the threshold"
    : "predicted: nothing";
  const tiles = [{ picture: face, name: "the image", figure: "" }, ...seen];
  const parts: Part[] = [{ heading, colour: PREDICTED, tiles }];
  if (others.length > 0) {
    parts.push({ heading: "not predicted: the likeliest others", colour: FAINT, tiles: others });
  }
  return parts;
}

/** Draws a heading with a rule and its tiles, from a height on. */
function drawPart(
  canvas: Canvas,
  { heading, colour, tiles }: Part,
  y: number,
  step: { readonly x: number; readonly y: number },
): void {
  const style = { size: 18, colour };
  writeText(canvas, heading, MARGIN, y + 8, style);
  const left = MARGIN + widthOfText(heading, style.size) + 14;
  canvas.fill(left, y + 15, canvas.width - MARGIN - left, 1, RULE);
  const ink = colour === FAINT ? FAINT : INK;
  for (const [index, { picture, name, figure }] of tiles.entries()) {
    const x = MARGIN + (index % COLUMNS) * step.x;
    const top = y + HEADING + Math.floor(index / COLUMNS) * step.y;
    const wide = Math.max(TILE_WIDTH, picture.width);
    canvas.paste(picture, x + ((wide - picture.width) >> 1), top);
    const below = top + picture.height + 8;
    const style = { size: TEXT_SIZE, colour: ink };
    writeText(canvas, name, x, below, style);
    writeText(canvas, figure, x + wide - widthOfText(figure, TEXT_SIZE), below, style);
  }
}

/** The image in grey, so that all colour is the map's; luma of ITU-R BT.601. */
function shadeOf({ width, height, data }: RgbImage): RgbImage {
  const grey = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    grey.fill(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!, at, at + 3);
  }
  return { width, height, data: grey };
}
