/** The mirror image of a picture and of its points. */

/** Runs of points in iBUG's order that a mirror reverses: jaw, brows, nose, eyes, lips. */
const RUNS = [
  ...[[0, 16], [17, 26], [31, 35], [48, 54], [55, 59], [60, 64], [65, 67]],
] as const;

/** Points that a mirror exchanges: those of the eyes. */
const PAIRS = [
  ...[[36, 45], [37, 44], [38, 43], [39, 42], [40, 47], [41, 46]],
] as const;

/** The point of the mirror image that each point becomes. */
const MIRRORED: readonly number[] = (() => {
  const mirrored = Array.from({ length: 68 }, (_, point) => point);
  for (const [first, last] of RUNS) {
    for (let point = first!; point <= last!; point++) mirrored[point] = first! + last! - point;
  }
  for (const [a, b] of PAIRS) [mirrored[a!], mirrored[b!]] = [b!, a!];
  return mirrored;
})();

/**
 * Points of a mirror image in the order that they have on the face itself: left and right exchanged.
 *
 * @param points x0, y0, x1, y1, …
 */
export function exchangeSides(points: Float32Array): Float32Array {
  return points.map((_, i) => points[2 * MIRRORED[i >> 1]! + i % 2]!);
}

/** Mirrors rows of pixels in place; u8 [height, width, channels]. */
export function mirrorRows(pixels: Uint8Array, width: number, channels: number): void {
  const stride = width * channels;
  for (let row = 0; row < pixels.length; row += stride) {
    for (let left = 0, right = width - 1; left < right; left++, right--) {
      for (let c = 0; c < channels; c++) {
        const [a, b] = [row + left * channels + c, row + right * channels + c];
        [pixels[a], pixels[b]] = [pixels[b]!, pixels[a]!];
      }
    }
  }
}
