/** A picture made ready for a detector: resized, and laid into the middle of a canvas. */

import type { RgbImage } from "../../image/image.ts";
import { resizeImage } from "../../image/resize.ts";
import type { Box } from "../../face/record.ts";

/** How a detector is to see a picture. */
interface ViewOptions {
  /** The picture's longer side on the canvas, in pixels. */
  readonly longSide: number;
  /** Least width and height of the canvas as a multiple of the resized picture's. */
  readonly room: number;
  /** Width and height of the canvas are multiples of this, in pixels. */
  readonly unit: number;
}

/** A picture as a detector sees it. */
interface View {
  /** The canvas. Around the picture, its border pixels continue. */
  readonly canvas: RgbImage;
  /** Brings a box on the canvas into pixels of the picture. */
  toPicture(box: Box): Box;
}

/** Lays a picture into a canvas. */
export function makeView(image: RgbImage, { longSide, room, unit }: ViewOptions): View {
  const scale = longSide / Math.max(image.width, image.height);
  const small = resizeImage(
    image,
    Math.max(Math.round(image.width * scale), 1),
    Math.max(Math.round(image.height * scale), 1),
  );
  const width = Math.ceil(small.width * room / unit) * unit;
  const height = Math.ceil(small.height * room / unit) * unit;
  const left = Math.floor((width - small.width) / 2);
  const top = Math.floor((height - small.height) / 2);
  return {
    canvas: { width, height, data: extendBorder(small, width, height, left, top) },
    toPicture: (box) => ({
      x: (box.x - left) / scale,
      y: (box.y - top) / scale,
      width: box.width / scale,
      height: box.height / scale,
    }),
  };
}

function extendBorder(
  image: RgbImage,
  width: number,
  height: number,
  left: number,
  top: number,
): Uint8Array {
  const data = new Uint8Array(3 * width * height);
  const stride = 3 * image.width;
  const right = left + image.width;
  for (let y = 0; y < height; y++) {
    const row = Math.min(Math.max(y - top, 0), image.height - 1);
    const source = image.data.subarray(row * stride, (row + 1) * stride);
    const target = data.subarray(3 * width * y, 3 * width * (y + 1));
    target.set(source, 3 * left);
    for (let x = 0; x < left; x++) target.set(source.subarray(0, 3), 3 * x);
    for (let x = right; x < width; x++) target.set(source.subarray(stride - 3), 3 * x);
  }
  return data;
}
