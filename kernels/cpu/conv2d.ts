/** Naive twin of the convolution kernels: plain loops in f64. */

import type { Conv2dShape } from "../convolution/conv2d_shape.ts";

/** Visits every product of a convolution: indices into x, f and y. */
function eachProduct(
  s: Conv2dShape,
  visit: (x: number, f: number, y: number) => void,
): void {
  const outHeight = s.height - s.kernelHeight + 1;
  const outWidth = s.width - s.kernelWidth + 1;
  for (let b = 0; b < s.batch; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let n = 0; n < s.filters; n++) {
          const y = ((b * outHeight + i) * outWidth + j) * s.filters + n;
          for (let u = 0; u < s.kernelHeight; u++) {
            for (let v = 0; v < s.kernelWidth; v++) {
              for (let c = 0; c < s.channels; c++) {
                const x = ((b * s.height + i + u) * s.width + j + v) * s.channels + c;
                const f = ((u * s.kernelWidth + v) * s.channels + c) * s.filters + n;
                visit(x, f, y);
              }
            }
          }
        }
      }
    }
  }
}

/** y [B, OH, OW, N] = x [B, H, W, C] * f [KH, KW, C, N]. */
export function conv2d(
  x: ArrayLike<number>,
  f: ArrayLike<number>,
  shape: Conv2dShape,
): Float64Array {
  const outHeight = shape.height - shape.kernelHeight + 1;
  const outWidth = shape.width - shape.kernelWidth + 1;
  const y = new Float64Array(shape.batch * outHeight * outWidth * shape.filters);
  eachProduct(shape, (xi, fi, yi) => y[yi]! += x[xi]! * f[fi]!);
  return y;
}

/** Gradient of Σ y·dy by x. */
export function conv2dInputGrad(
  dy: ArrayLike<number>,
  f: ArrayLike<number>,
  shape: Conv2dShape,
): Float64Array {
  const dx = new Float64Array(shape.batch * shape.height * shape.width * shape.channels);
  eachProduct(shape, (xi, fi, yi) => dx[xi]! += dy[yi]! * f[fi]!);
  return dx;
}

/** Gradient of Σ y·dy by f. */
export function conv2dFilterGrad(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  shape: Conv2dShape,
): Float64Array {
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  const g = new Float64Array(kernelHeight * kernelWidth * channels * filters);
  eachProduct(shape, (xi, fi, yi) => g[fi]! += x[xi]! * dy[yi]!);
  return g;
}
