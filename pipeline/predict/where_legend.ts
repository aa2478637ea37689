/** The legend of heat maps: their colours with numbers, and the line at one half. */

import { heatColour } from "../image/drawing/heat_map.ts";
import { HALF } from "../image/drawing/contour.ts";
import type { Canvas } from "../image/drawing/canvas.ts";
import type { Rgb } from "../image/drawing/colours.ts";
import { widthOfText, writeText } from "../image/drawing/text.ts";
import { OPACITY } from "../image/drawing/map_picture.ts";

/** Width and height of the legend in pixels. */
export const LEGEND = { width: 394, height: 38 } as const;

const TEXT = { size: 15, colour: [236, 238, 242] as Rgb };
const FAINT = { size: 15, colour: [170, 176, 188] as Rgb };
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [12, 14, 18];
/** The grey of a face that colours are shown over. */
const GREY = 150;
const BAR = { width: 240, height: 14 } as const;

/** Draws the legend with its upper left corner at (x, y). */
export function drawLegend(canvas: Canvas, x: number, y: number): void {
  for (let step = 0; step < BAR.width; step++) {
    const value = step / (BAR.width - 1);
    const shown = heatColour(value).map((channel) =>
      Math.round(GREY + (channel - GREY) * value * OPACITY)
    );
    canvas.fill(x + step, y, 1, BAR.height, shown as unknown as Rgb);
  }
  const half = x + BAR.width * HALF + 0.5;
  canvas.line([half, y], [half, y + BAR.height], 3.6, BLACK);
  canvas.line([half, y], [half, y + BAR.height], 1.5, WHITE);
  for (const value of [0, HALF, 1]) {
    const text = String(value);
    const middle = x + value * BAR.width - widthOfText(text, TEXT.size) / 2;
    const left = Math.round(
      Math.min(Math.max(middle, x), x + BAR.width - widthOfText(text, TEXT.size)),
    );
    writeText(canvas, text, left, y + BAR.height + 6, TEXT);
  }
  writeText(canvas, "value of the map;", x + BAR.width + 18, y, FAINT);
  writeText(canvas, "the line runs at 0.5", x + BAR.width + 18, y + BAR.height + 6, FAINT);
}
