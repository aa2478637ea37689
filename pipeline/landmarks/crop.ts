/** Cutting squares, level or turned, out of a picture. */

import type { RgbImage } from "../image/image.ts";

/** A square in a picture, in its pixels (pixel centres at half coordinates). */
export interface Square {
  /** Centre, x to the right. */
  readonly x: number;
  /** Centre, y down. */
  readonly y: number;
  /** Length of a side. */
  readonly side: number;
  /** Angle from the picture's x axis to the square's, clockwise as seen, in radians. */
  readonly angle: number;
}

/**
 * Most samples along each axis for a pixel of the crop. Four keep a face that is shrunk eightfold
 * free of visible aliasing; more cost time on huge pictures for nothing the networks would notice.
 */
const MAX_SAMPLES = 4;

/**
 * Fills `crop`, u8 [size, size, 3], with what the picture shows inside the square. Where pixels are
 * smaller than the crop's, several bilinear samples are averaged; outside of the picture its border
 * pixels continue.
 */
export function cutSquare(image: RgbImage, square: Square, size: number, crop: Uint8Array): void {
  const step = square.side / size;
  const samples = Math.min(Math.max(Math.round(step), 1), MAX_SAMPLES);
  const rightX = Math.cos(square.angle) * step / samples;
  const rightY = Math.sin(square.angle) * step / samples;
  const sum = new Float32Array(3);
  let to = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      sum.fill(0.5);
      for (let k = 0; k < samples * samples; k++) {
        const right = column * samples + k % samples + 0.5 - size * samples / 2;
        const down = row * samples + Math.floor(k / samples) + 0.5 - size * samples / 2;
        const x = square.x + right * rightX - down * rightY;
        const y = square.y + right * rightY + down * rightX;
        addSample(image, x - 0.5, y - 0.5, 1 / (samples * samples), sum);
      }
      crop[to++] = sum[0]!;
      crop[to++] = sum[1]!;
      crop[to++] = sum[2]!;
    }
  }
}

/** Adds `weight` times the colour at (x, y), in coordinates where pixel centres are whole. */
function addSample(image: RgbImage, x: number, y: number, weight: number, sum: Float32Array): void {
  const { width, height, data } = image;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const x0 = 3 * Math.min(Math.max(left, 0), width - 1);
  const x1 = 3 * Math.min(Math.max(left + 1, 0), width - 1);
  const y0 = 3 * width * Math.min(Math.max(top, 0), height - 1);
  const y1 = 3 * width * Math.min(Math.max(top + 1, 0), height - 1);
  const shareX = x - left;
  const shareY = y - top;
  const w00 = weight * (1 - shareX) * (1 - shareY);
  const w10 = weight * shareX * (1 - shareY);
  const w01 = weight * (1 - shareX) * shareY;
  const w11 = weight * shareX * shareY;
  for (let c = 0; c < 3; c++) {
    sum[c]! += w00 * data[y0 + x0 + c]! + w10 * data[y0 + x1 + c]! + w01 * data[y1 + x0 + c]! +
      w11 * data[y1 + x1 + c]!;
  }
}

/** A point of the crop, as shares of its side, in pixels of the picture. */
export function fromSquare(square: Square, shareX: number, shareY: number): [x: number, y: number] {
  const right = (shareX - 0.5) * square.side;
  const down = (shareY - 0.5) * square.side;
  const cos = Math.cos(square.angle);
  const sin = Math.sin(square.angle);
  return [square.x + right * cos - down * sin, square.y + right * sin + down * cos];
}
