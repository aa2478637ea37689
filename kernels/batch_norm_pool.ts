/**
 * Batch normalisation in training, fused with the ReLU and the max pooling by 2 x 2 behind it.
 *
 * The maps between normalisation and pool are the largest of a network that pools early. Here they exist in
 * neither direction: forward, only the largest of each window is written; back, which one that was is asked
 * of x again, which the gradient reads anyway, so that nothing has to be kept for it.
 *
 * @module
 */

import {
  type BatchNormBuffers,
  type BatchNormGradBuffers,
  type BatchNormShape,
  batchNormStatistics,
  mergeBatchNormGrad,
} from "./batch_norm.ts";
import type { Gpu } from "./gpu.ts";
import { grid, numbersAtOnce } from "./kernel.ts";
import forward from "./wgsl/batch_norm_pool.wgsl" with { type: "text" };
import backward from "./wgsl/batch_norm_pool_grad.wgsl" with { type: "text" };

/** Sizes and settings of a normalisation of x [B, H, W, C] with a ReLU and a pool behind it. */
export interface BatchNormPoolShape extends Pick<BatchNormShape, "epsilon" | "momentum"> {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Windows that one invocation of the backward pass adds up: as many rows as without a pool. */
const WINDOWS_PER_GROUP = 64;

/** Height and width of the pooled maps: an odd last row or column is in no window. */
export function pooledSize(
  { height, width }: Pick<BatchNormPoolShape, "height" | "width">,
): [height: number, width: number] {
  return [Math.floor(height / 2), Math.floor(width / 2)];
}

/** The normalisation alone, which says how large the `parts` buffers are. */
export function unpooled(shape: BatchNormPoolShape): BatchNormShape {
  const { batch, height, width } = shape;
  return { ...shape, rows: batch * height * width, relu: true };
}

/**
 * Records the forward pass: the largest of each window of max(0, normalised x).
 *
 * Buffers as for {@linkcode batchNorm}, with x f32 [B, H, W, C] and y f32 [B, H/2, W/2, C].
 *
 * @throws {RangeError} If the maps are smaller than a window.
 */
export function batchNormPool(
  gpu: Gpu,
  buffers: BatchNormBuffers,
  shape: BatchNormPoolShape,
): void {
  const { x, scale, shift, stats, y } = buffers;
  const { windows, columns, sizes, aliases } = layout(shape);
  batchNormStatistics(gpu, buffers, unpooled(shape));
  gpu.dispatch(
    { label: "batch_norm_pool", source: forward, aliases },
    [x, scale, shift, stats, y, gpu.uniforms(sizes)],
    grid(windows * columns / 64),
  );
}

/**
 * Records the backward pass. Of equal elements the first in row-major order gets a window's gradient, as in
 * PyTorch.
 *
 * Buffers as for {@linkcode batchNormGrad}, with x and dx f32 [B, H, W, C] and dy f32 [B, H/2, W/2, C].
 *
 * @throws {RangeError} If the maps are smaller than a window.
 */
export function batchNormPoolGrad(
  gpu: Gpu,
  buffers: BatchNormGradBuffers,
  shape: BatchNormPoolShape,
): void {
  const { x, dy, scale, shift, stats, parts, dshift, dscale, dx } = buffers;
  const { batch, height, width } = shape;
  const { windows, columns, sizes, aliases } = layout(shape);
  const groups = Math.ceil(windows / WINDOWS_PER_GROUP);
  const kernel = { label: "batch_norm_pool_grad", source: backward, aliases };
  const settings = gpu.uniforms([...sizes, WINDOWS_PER_GROUP, groups]);
  const given = { 0: x, 1: dy, 2: scale, 3: shift, 4: stats, 9: settings };
  gpu.dispatch({ ...kernel, entry: "reduce" }, { ...given, 5: parts }, grid(groups * columns / 64));
  mergeBatchNormGrad(gpu, buffers, { ...unpooled(shape), rows: windows }, WINDOWS_PER_GROUP);
  // Incomplete windows count here: their elements have a gradient too, through the statistics.
  const all = batch * Math.ceil(height / 2) * Math.ceil(width / 2);
  const written = { 6: dshift, 7: dscale, 8: dx };
  gpu.dispatch(
    { ...kernel, entry: "spread" },
    { ...given, ...written },
    grid(all * columns / 64),
  );
}

/** What both passes work out from the shape. */
function layout(shape: BatchNormPoolShape) {
  const { batch, height, width, channels } = shape;
  const [high, wide] = pooledSize(shape);
  const windows = batch * high * wide;
  if (windows === 0) throw new RangeError(`Cannot pool maps of ${height}x${width} by 2x2`);
  const { type, size } = numbersAtOnce(channels);
  const columns = channels / size;
  return { windows, columns, sizes: [batch, height, width, columns], aliases: { T: type } };
}
