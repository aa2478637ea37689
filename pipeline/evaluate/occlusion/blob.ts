/** A connected blob of pixels at a random place, to be greyed instead of a region. */

import type { Random } from "../../numbers/random.ts";

/**
 * Grows a blob of `count` pixels by breadth-first search from a random free pixel; neighbours share a
 * side. A start on an island that is too small is drawn again, so that all pixels of those that are large
 * enough are equally likely starts.
 *
 * @param free u8 [h, w]: not 0 where the blob may be
 * @returns The blob's pixels in the order of their distance from the start; null if no island of free
 * pixels is large enough.
 */
export function growBlob(
  free: Uint8Array,
  width: number,
  count: number,
  random: Random,
): Uint32Array | null {
  const left = Uint8Array.from(free);
  let starts = pixelsWhere((pixel) => left[pixel] !== 0, left.length);
  while (starts.length >= Math.max(count, 1)) {
    const blob = flood(left, width, count, starts[random.integer(starts.length)]!);
    if (blob.length === count) return blob;
    starts = starts.filter((pixel) => left[pixel] !== 0);
  }
  return null;
}

/** The first `count` pixels that are reached, or the whole island. They are taken from `left`. */
function flood(left: Uint8Array, width: number, count: number, start: number): Uint32Array {
  const reached = new Uint32Array(count);
  let end = 0;
  const reach = (pixel: number) => {
    if (end === count || !left[pixel]) return;
    left[pixel] = 0;
    reached[end++] = pixel;
  };
  reach(start);
  for (let next = 0; next < end; next++) {
    const pixel = reached[next]!;
    const x = pixel % width;
    // Above the first row and below the last one there are no pixels.
    reach(pixel - width);
    if (x > 0) reach(pixel - 1);
    if (x < width - 1) reach(pixel + 1);
    reach(pixel + width);
  }
  return reached.subarray(0, end);
}

/** The pixels for which something holds. */
export function pixelsWhere(holds: (pixel: number) => boolean, pixels: number): Uint32Array {
  const found = new Uint32Array(pixels);
  let end = 0;
  for (let pixel = 0; pixel < pixels; pixel++) if (holds(pixel)) found[end++] = pixel;
  return found.slice(0, end);
}
