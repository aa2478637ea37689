/** A picture to draw on: rectangles, discs, lines and other pictures. */

import type { RgbImage } from "../image.ts";
import type { Rgb } from "./colours.ts";

/** An RGB picture that can be drawn on. Whatever lies outside is cut off. */
export class Canvas implements RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  constructor(width: number, height: number, background: Rgb) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** Fills a rectangle; `opacity` 1 covers what was there, 0 leaves it. */
  fill(x: number, y: number, width: number, height: number, colour: Rgb, opacity = 1): void {
    const right = Math.min(this.width, x + width);
    const bottom = Math.min(this.height, y + height);
    for (let row = Math.max(0, y); row < bottom; row++) {
      for (let column = Math.max(0, x); column < right; column++) {
        this.#blend((row * this.width + column) * 3, colour, opacity);
      }
    }
  }

  /** Fills a disc with a smooth rim; the centre may lie between pixels. */
  disc(x: number, y: number, radius: number, colour: Rgb): void {
    const right = Math.min(this.width - 1, Math.ceil(x + radius));
    const bottom = Math.min(this.height - 1, Math.ceil(y + radius));
    for (let row = Math.max(0, Math.floor(y - radius)); row <= bottom; row++) {
      for (let column = Math.max(0, Math.floor(x - radius)); column <= right; column++) {
        const rim = radius + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y);
        if (rim > 0) this.fill(column, row, 1, 1, colour, Math.min(1, rim));
      }
    }
  }

  /** Draws a straight line with smooth sides and round ends; those may lie between pixels. */
  line(
    [x0, y0]: readonly [x: number, y: number],
    [x1, y1]: readonly [x: number, y: number],
    width: number,
    colour: Rgb,
    opacity = 1,
  ): void {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy;
    const reach = width / 2 + 1;
    const right = Math.min(this.width, Math.max(x0, x1) + reach);
    const bottom = Math.min(this.height, Math.max(y0, y1) + reach);
    for (let row = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); row < bottom; row++) {
      for (
        let column = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
        column < right;
        column++
      ) {
        const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
        const along = square === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / square));
        const cover = width / 2 + 0.5 - Math.hypot(x - along * dx, y - along * dy);
        if (cover <= 0) continue;
        const at = (row * this.width + column) * 3;
        this.#blend(at, colour, Math.min(1, cover) * opacity);
      }
    }
  }

  /** Copies a picture with its upper left corner to (x, y). */
  paste(image: RgbImage, x: number, y: number): void {
    const columns = Math.min(image.width, this.width - x);
    for (let row = 0; row < Math.min(image.height, this.height - y); row++) {
      const line = image.data.subarray(row * image.width * 3, (row * image.width + columns) * 3);
      this.data.set(line, ((y + row) * this.width + x) * 3);
    }
  }

  #blend(at: number, colour: Rgb, opacity: number): void {
    for (let channel = 0; channel < 3; channel++) {
      const below = this.data[at + channel] as number;
      this.data[at + channel] = below + ((colour[channel] as number) - below) * opacity;
    }
  }
}
