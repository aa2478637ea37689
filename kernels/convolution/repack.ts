/** Rearranging buffers around a convolution: padded channels, rotated filters. */

import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { grid, numbersAtOnce } from "../webgpu/kernel.ts";
import repackSource from "../wgsl/convolution/repack.wgsl" with { type: "text" };
import rotateSource from "../wgsl/convolution/rotate_filter.wgsl" with { type: "text" };

type Sides = readonly [rows: number, columns: number];

/** A tap of a filter as a matrix. */
export function sidesOf({ channels, filters }: Record<"channels" | "filters", number>): Sides {
  return [channels, filters];
}

/**
 * Records a copy of matrices into frames of another size: x [COUNT, ...from] to y [COUNT, ...to]; what y has
 * beyond x is 0, what x has beyond y is dropped.
 */
export function repack(
  gpu: Gpu,
  x: Binding,
  y: Binding,
  count: number,
  [rows, columns]: Sides,
  [toRows, toColumns]: Sides,
): void {
  const { type, size } = numbersAtOnce(columns, toColumns);
  const sizes = gpu.uniforms([count, rows, columns / size, toRows, toColumns / size]);
  const kernel = { label: "repack", source: repackSource, aliases: { T: type } };
  gpu.dispatch(kernel, [x, y, sizes], grid(count * toRows * toColumns / size / 64));
}

/**
 * Records g[u, v, n, c] = f[KH−1−u, KW−1−v, c, n], with both channel counts padded with zeros.
 *
 * f  f32 [KH, KW, C, N]
 * g  f32 [KH, KW, GN, GC]
 */
export function rotateFilter(
  gpu: Gpu,
  f: Binding,
  g: Binding,
  shape: Record<"kernelHeight" | "kernelWidth" | "channels" | "filters", number>,
  padded: Record<"channels" | "filters", number>,
): void {
  const { kernelHeight, kernelWidth, channels, filters } = shape;
  const sizes = gpu.uniforms([
    ...[kernelHeight, kernelWidth, channels, filters],
    ...[padded.filters, padded.channels],
  ]);
  const size = kernelHeight * kernelWidth * padded.filters * padded.channels;
  const kernel = { label: "rotate_filter", source: rotateSource };
  const isPadded = padded.channels !== channels || padded.filters !== filters;
  if (isPadded || numbersAtOnce(channels, filters).size === 1) {
    gpu.dispatch(kernel, [f, g, sizes], grid(size / 64));
  } else {
    gpu.dispatch({ ...kernel, entry: "by_fours" }, { 2: sizes, 3: f, 4: g }, grid(size / 16 / 64));
  }
}
