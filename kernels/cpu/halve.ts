/** Plain twin of `kernels/wasm/halve.ts`. */

/** u8 [2 height, 2 width, 3] to u8 [height, width, 3]: the mean of four pixels, rounded half up. */
export function halve(data: Uint8Array, width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    let sum = 0;
    for (const [dy, dx] of [[0, 0], [0, 1], [1, 0], [1, 1]] as const) {
      sum += data[3 * ((2 * y + dy) * 2 * width + 2 * x + dx) + c]!;
    }
    return Math.floor(sum / 4 + 0.5);
  });
}
