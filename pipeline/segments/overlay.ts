/** Pictures that show segments: a face with its regions, and a sheet of many faces. */

import { rasterizeRows } from "../../kernels/cpu/rasterize_rows.ts";
import { resizeImage, type RgbImage } from "../image/image.ts";
import { REGIONS } from "../face/regions.ts";
import { Canvas } from "../image/drawing/canvas.ts";
import { endThatFits, widthOfText, writeText } from "../image/drawing/text.ts";
import { REGION_COLOURS } from "../face/region_colours.ts";
import { type Rgb, rgbOf } from "../image/drawing/colours.ts";
import { polygonsOf } from "../face/region_polygons.ts";

/** A face to be shown. */
export interface OverlayFace {
  /** The picture. */
  readonly image: RgbImage;
  /** 68 landmarks in pixels of the image. */
  readonly points: Float32Array;
  /** What is written below it. */
  readonly title: string;
}

const PAPER: Rgb = [24, 27, 33];
const INK: Rgb = [236, 238, 242];
const FAINT: Rgb = [112, 118, 130];
const COLOURS: readonly Rgb[] = REGIONS.map((region) => rgbOf(REGION_COLOURS[region]));

/** Opacity of a region's inside. */
const TINT = 0.34;
/** Space around things, size of text, and height of a line of it, in pixels of the result. */
const MARGIN = 16;
const TEXT = 18;
const LINE = 24;
/** From a colour in the legend to its name. */
const SWATCH = 22;

/** Height that a single face is enlarged to, in pixels; small multiples keep mask pixels visible. */
const FACE_HEIGHT = 872;
/** Width of a face on a sheet, in pixels. */
const TILE_WIDTH = 267;

/**
 * Draws a face with its 14 regions, pixel by pixel as the masks have them, its 68 points, and a
 * legend; regions that are absent are named so.
 *
 * @example A face with its regions
 * ```ts
 * import { drawOverlay, encodePng, readImage, readLandmarks } from "@attparsenet/attparsenet";
 *
 * const rows = readLandmarks("data/sample/Anno/list_landmarks_68.csv");
 * const { image: title, points } = (await rows.next()).value;
 * const image = await readImage(`data/sample/Img/img_align_celeba/${title}`);
 * const png = await encodePng(drawOverlay({ image, points, title }));
 * console.log(png.length);
 * ```
 *
 * @throws {TypeError} If there are not 68 points.
 * @throws {RangeError} If a point is not a number or absurdly far away.
 */
export function drawOverlay({ image, points, title }: OverlayFace): RgbImage {
  const scale = Math.max(1, Math.round(FACE_HEIGHT / image.height));
  const { picture, present } = drawRegions(image, points, scale);
  const legendWidth = SWATCH + longestLine();
  const legendHeight = LINE * (REGIONS.length + 2);
  const canvas = new Canvas(
    picture.width + legendWidth + 3 * MARGIN,
    Math.max(picture.height, legendHeight) + 2 * MARGIN,
    PAPER,
  );
  canvas.paste(picture, MARGIN, MARGIN);
  const left = picture.width + 2 * MARGIN;
  writeText(canvas, endThatFits(title, legendWidth, TEXT), left, MARGIN, {
    size: TEXT,
    colour: INK,
  });
  drawLegend(canvas, left, MARGIN + 2 * LINE, 1, present);
  return canvas;
}

/** Draws many faces side by side, each with its regions and points, over one legend. */
export function drawContactSheet(faces: readonly OverlayFace[], columns = 6): RgbImage {
  const across = Math.max(1, Math.min(columns, faces.length));
  const tiles = faces.map(({ image, points, title }) => {
    const scale = TILE_WIDTH / image.width;
    const height = Math.round(image.height * scale);
    const enlarged = resizeImage(image, TILE_WIDTH, height);
    const moved = points.map((value) => value * scale);
    return { picture: drawRegions(enlarged, moved, 1).picture, title };
  });
  const rowHeight = Math.max(0, ...tiles.map(({ picture }) => picture.height)) + LINE + MARGIN;
  const legendWidth = longestLine() + 3 * MARGIN;
  const width = Math.max(across * (TILE_WIDTH + MARGIN), legendWidth) + MARGIN;
  const legendColumns = Math.max(1, Math.floor((width - MARGIN) / legendWidth));
  const rows = Math.ceil(faces.length / across);
  const top = MARGIN + rows * rowHeight;
  const legendHeight = Math.ceil(REGIONS.length / legendColumns) * LINE;
  const canvas = new Canvas(width, top + legendHeight + MARGIN, PAPER);
  tiles.forEach(({ picture, title }, i) => {
    const x = MARGIN + (i % across) * (TILE_WIDTH + MARGIN);
    const y = MARGIN + Math.floor(i / across) * rowHeight;
    canvas.paste(picture, x, y);
    const shown = endThatFits(title, TILE_WIDTH, TEXT);
    writeText(canvas, shown, x, y + picture.height + 6, { size: TEXT, colour: INK });
  });
  drawLegend(canvas, MARGIN, top, legendColumns, ~0);
  return canvas;
}

/** The face `scale` times as large with regions and points, and the set of regions it has. */
function drawRegions(
  image: RgbImage,
  points: Float32Array,
  scale: number,
): { picture: Canvas; present: number } {
  const { width, height } = image;
  const frame = { width, height };
  const polygons = polygonsOf(points);
  const bits = rasterizeRows({ ...polygons, regions: REGIONS.length, source: frame, mask: frame });
  const picture = new Canvas(width * scale, height * scale, PAPER);
  picture.paste(resizeImage(image, width * scale, height * scale), 0, 0);
  const bitAt = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : bits[y * width + x] as number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) drawPixel(picture, x, y, scale, bitAt);
  }
  const radius = Math.max(1, picture.height / 300);
  for (let point = 0; point < points.length; point += 2) {
    const x = ((points[point] as number) + 0.5) * scale;
    const y = ((points[point + 1] as number) + 0.5) * scale;
    picture.disc(x, y, 1.4 * radius, PAPER);
    picture.disc(x, y, radius, [255, 255, 255]);
  }
  const present = polygons.counts.reduce(
    (set, count, region) => set | (count ? 1 << region : 0),
    0,
  );
  return { picture, present };
}

/** Tints one mask pixel in the colours of its regions, then draws their borders where they end. */
function drawPixel(
  picture: Canvas,
  x: number,
  y: number,
  scale: number,
  bitAt: (x: number, y: number) => number,
): void {
  const here = bitAt(x, y);
  if (here === 0) return;
  const [left, top] = [x * scale, y * scale];
  const rim = Math.max(1, Math.round(scale / 2.5));
  const regions = COLOURS.map((_, region) => region).filter((region) => here & (1 << region));
  for (const region of regions) {
    picture.fill(left, top, scale, scale, COLOURS[region] as Rgb, TINT);
  }
  for (const region of regions) {
    const colour = COLOURS[region] as Rgb;
    const ends = (dx: number, dy: number) => !(bitAt(x + dx, y + dy) & (1 << region));
    if (ends(-1, 0)) picture.fill(left, top, rim, scale, colour);
    if (ends(1, 0)) picture.fill(left + scale - rim, top, rim, scale, colour);
    if (ends(0, -1)) picture.fill(left, top, scale, rim, colour);
    if (ends(0, 1)) picture.fill(left, top + scale - rim, scale, rim, colour);
  }
}

/** The legend's lines for a set of regions. */
function legend(present: number): string[] {
  return REGIONS.map((region, i) =>
    region.replaceAll("_", " ") + (present & (1 << i) ? "" : " (absent)")
  );
}

function longestLine(): number {
  return Math.max(...legend(0).map((text) => widthOfText(text, TEXT)));
}

function drawLegend(canvas: Canvas, x: number, y: number, columns: number, present: number): void {
  const rows = Math.ceil(REGIONS.length / columns);
  const lines = legend(present);
  const step = longestLine() + 3 * MARGIN;
  lines.forEach((text, i) => {
    const left = x + Math.floor(i / rows) * step;
    const top = y + (i % rows) * LINE;
    const there = (present & (1 << i)) !== 0;
    canvas.fill(left, top, 14, 14, COLOURS[i] as Rgb, there ? 1 : 0.35);
    writeText(canvas, text, left + SWATCH, top, { size: TEXT, colour: there ? INK : FAINT });
  });
}
