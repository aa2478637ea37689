/**
 * Images for the network on the CPU: the twin of `kernels/augment.ts`, and what the WebAssembly backend uses.
 */

import type { AugmentShape, Change } from "../augment.ts";

/**
 * Changes and scales images: what a shift uncovers repeats the border.
 *
 * @param images u8 [H, W, 3] each
 * @param changes one an image
 * @returns f32 [B, H, W, 3], −1 … 1
 */
export function augment(
  images: readonly Uint8Array[],
  changes: readonly Change[],
  { height, width }: AugmentShape,
): Float32Array<ArrayBuffer> {
  const target = new Float32Array(images.length * height * width * 3);
  let at = 0;
  images.forEach((pixels, index) => {
    const { dy, dx, flip } = changes[index]!;
    const columns = Int32Array.from({ length: width }, (_, j) => {
      const x = (flip ? width - 1 - j : j) + dx;
      return 3 * Math.min(Math.max(x, 0), width - 1);
    });
    for (let i = 0; i < height; i++) {
      const row = Math.min(Math.max(i + dy, 0), height - 1) * width * 3;
      for (let j = 0; j < width; j++) {
        const from = row + columns[j]!;
        target[at++] = pixels[from]! / 127.5 - 1;
        target[at++] = pixels[from + 1]! / 127.5 - 1;
        target[at++] = pixels[from + 2]! / 127.5 - 1;
      }
    }
  });
  return target;
}
