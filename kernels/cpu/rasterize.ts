/**
 * The twin of `kernels/rasterize.ts`: draws every polygon at full size with plain loops in f64, then
 * looks at the sampled pixels. Slow, simple, and sharing nothing with the kernel but the job's check.
 *
 * The drawing rule is OpenCV's `fillPoly` with 8-connected lines and shift 0. Vertices of an edge are
 * clipped to the image before its line is drawn, but not for the filling; an edge's slope is a
 * fixed-point number with 16 fraction bits, truncated toward zero, and added row by row.
 * Source: opencv/opencv 4.6, modules/imgproc/src/drawing.cpp. 4.7 draws the same. 4.8 to 4.10 also fill up to a
 * pixel beyond the outline (opencv/opencv#26130), which on faces is 0.09 % of a mask's pixels; 4.11 to 5.0 draw
 * faces alike again, and differ where a polygon leaves the image, since they take an edge's slope from its
 * clipped ends.
 */

import { checkRasterizeJob, type RasterizeJob } from "../rasterize_job.ts";

type Point = readonly [x: number, y: number];

/**
 * Draws all polygons of a job.
 *
 * @returns u32 [B, h, w]: bit r of a pixel says whether polygon r covers it.
 */
export function rasterize(job: RasterizeJob): Uint32Array<ArrayBuffer> {
  const { images, regions, vertices, source, mask, window } = checkRasterizeJob(job);
  const bits = new Uint32Array(images * mask.height * mask.width);
  for (let b = 0; b < images; b++) {
    for (let r = 0; r < regions; r++) {
      const slot = b * regions + r;
      const polygon: Point[] = [];
      for (let v = 0; v < (job.counts[slot] as number); v++) {
        const at = (slot * vertices + v) * 2;
        polygon.push([job.polygons[at] as number, job.polygons[at + 1] as number]);
      }
      const drawn = drawPolygon(polygon, source.width, source.height);
      for (let i = 0; i < mask.height; i++) {
        for (let j = 0; j < mask.width; j++) {
          const y = nearest(i, mask.height, window.height) + (job.offsets?.[2 * b] ?? 0);
          const column = nearest(j, mask.width, window.width);
          const x = (job.flips?.[b] ? window.width - 1 - column : column) +
            (job.offsets?.[2 * b + 1] ?? 0);
          const inside = x >= 0 && x < source.width && y >= 0 && y < source.height;
          if (!inside || !drawn[y * source.width + x]) continue;
          const pixel = (b * mask.height + i) * mask.width + j;
          bits[pixel] = (bits[pixel] as number) | (1 << r);
        }
      }
    }
  }
  return bits;
}

/** The source index of nearest-neighbour resizing. Source: resizeNN in OpenCV's resize.cpp. */
function nearest(index: number, size: number, sourceSize: number): number {
  return Math.min(Math.floor(index * (1 / (size / sourceSize))), sourceSize - 1);
}

/** One polygon at full size: u8 [height, width], 1 where it covers the pixel. */
function drawPolygon(polygon: readonly Point[], width: number, height: number): Uint8Array {
  const image = new Uint8Array(width * height);
  polygon.forEach((to, v) => {
    const from = polygon[(v + polygon.length - 1) % polygon.length] as Point;
    drawLine(image, width, height, from, to);
  });
  for (let y = 0; y < height; y++) {
    const crossings = crossingsOf(polygon, y);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const first = Math.max(0, Math.ceil((crossings[pair] as number) / 65536));
      const last = Math.min(width - 1, Math.floor((crossings[pair + 1] as number) / 65536));
      for (let x = first; x <= last; x++) image[y * width + x] = 1;
    }
  }
  return image;
}

/** Where the polygon's edges meet row y, in 65536ths of a pixel, from left to right. */
function crossingsOf(polygon: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  for (const [v, to] of polygon.entries()) {
    const from = polygon[(v + polygon.length - 1) % polygon.length] as Point;
    const [top, bottom] = from[1] < to[1] ? [from, to] : [to, from];
    if (y < top[1] || y >= bottom[1]) continue;
    const slope = Math.trunc((bottom[0] - top[0]) * 65536 / (bottom[1] - top[1]));
    crossings.push(top[0] * 65536 + (y - top[1]) * slope);
  }
  return crossings.sort((a, b) => a - b);
}

/** A line of single pixels, both ends included; from its left end to its right end. */
function drawLine(
  image: Uint8Array,
  width: number,
  height: number,
  from: Point,
  to: Point,
): void {
  const clipped = clipLine(width, height, from, to);
  if (!clipped) return;
  const [left, right] = clipped[1][0] < clipped[0][0] ? [clipped[1], clipped[0]] : clipped;
  const across = right[0] - left[0];
  const down = Math.abs(right[1] - left[1]);
  const step = Math.sign(right[1] - left[1]);
  const [major, minor] = down > across ? [down, across] : [across, down];
  let error = major - 2 * minor;
  let [x, y] = left;
  for (let pixel = 0; pixel <= major; pixel++) {
    image[y * width + x] = 1;
    const sideways = error < 0;
    error += sideways ? 2 * major - 2 * minor : -2 * minor;
    if (down > across) {
      y += step;
      if (sideways) x++;
    } else {
      x++;
      if (sideways) y += step;
    }
  }
}

/** Cuts a line to the image as OpenCV does: rows first, truncating, or null if it misses the image. */
function clipLine(
  width: number,
  height: number,
  from: Point,
  to: Point,
): [Point, Point] | null {
  let [[x1, y1], [x2, y2]] = [from, to];
  const outsideRows = (y: number) => y < 0 ? -1 : y >= height ? 1 : 0;
  const outsideColumns = (x: number) => x < 0 ? -1 : x >= width ? 1 : 0;
  if (outsideRows(y1) * outsideRows(y2) > 0) return null;
  if (outsideColumns(x1) * outsideColumns(x2) > 0) return null;
  if (outsideRows(y1)) {
    const edge = y1 < 0 ? 0 : height - 1;
    x1 += Math.trunc((edge - y1) * (x2 - x1) / (y2 - y1));
    y1 = edge;
  }
  if (outsideRows(y2)) {
    const edge = y2 < 0 ? 0 : height - 1;
    x2 += Math.trunc((edge - y2) * (x2 - x1) / (y2 - y1));
    y2 = edge;
  }
  if (outsideColumns(x1) * outsideColumns(x2) > 0) return null;
  if (outsideColumns(x1)) {
    const edge = x1 < 0 ? 0 : width - 1;
    y1 += Math.trunc((edge - x1) * (y2 - y1) / (x2 - x1));
    x1 = edge;
  }
  if (outsideColumns(x2)) {
    const edge = x2 < 0 ? 0 : width - 1;
    y2 += Math.trunc((edge - x2) * (y2 - y1) / (x2 - x1));
    x2 = edge;
  }
  return [[x1, y1], [x2, y2]];
}
