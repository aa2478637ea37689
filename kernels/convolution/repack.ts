/**
 * Rearranging buffers around a convolution: borders, channel padding, rotated filters.
 *
 * @module
 */

import type { Binding, Gpu } from "../webgpu/gpu.ts";
import { grid, numbersAtOnce } from "../webgpu/kernel.ts";
import repackSource from "../wgsl/convolution/repack.wgsl" with { type: "text" };
import rotateSource from "../wgsl/convolution/rotate_filter.wgsl" with { type: "text" };

/** Sizes of a batch of images. */
export interface ImageShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Records a copy into a frame of another size: x [B, H, W, C] is placed at (top, left) of
 * y [B, YH, YW, YC]; what y has beyond x is 0, what x has beyond y is dropped.
 */
export function repack(
  gpu: Gpu,
  x: Binding,
  y: Binding,
  from: ImageShape,
  to: Omit<ImageShape, "batch"> & { readonly top?: number; readonly left?: number },
): void {
  const { type, size } = numbersAtOnce(from.channels, to.channels);
  const sizes = gpu.uniforms([
    from.batch,
    from.height,
    from.width,
    from.channels / size,
    to.height,
    to.width,
    to.channels / size,
    to.top ?? 0,
    to.left ?? 0,
  ]);
  const count = from.batch * to.height * to.width * to.channels / size;
  const kernel = { label: "repack", source: repackSource, aliases: { T: type } };
  gpu.dispatch(kernel, [x, y, sizes], grid(count / 64));
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
