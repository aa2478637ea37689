/**
 * Batch normalisation in training, fused with the ReLU and the max pooling by 2 x 2 behind it.
 *
 * The maps between normalisation and pool are the largest of a network that pools early. Here they exist in
 * neither direction: forward, only the largest of each window is written; back, which one that was is asked
 * of x again, which the gradient reads anyway, so that nothing has to be kept for it.
 */

import {
  type BatchNormBuffers,
  type BatchNormGradBuffers,
  batchNormGroups,
  type BatchNormShape,
  batchNormStatistics,
  type Device,
  mergeBatchNormGrad,
  type NormaliseBuffers,
  SOFTWARE,
} from "./batch_norm.ts";
import type { Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import { part, type Run, runsOf } from "./webgpu/runs.ts";
import forward from "./wgsl/batch_norm_pool.wgsl" with { type: "text" };
import backward from "./wgsl/batch_norm_pool_grad.wgsl" with { type: "text" };

/** Sizes and settings of a normalisation of x [B, H, W, C] with a ReLU and a pool behind it. */
export interface BatchNormPoolShape extends Pick<BatchNormShape, "epsilon" | "momentum"> {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Windows of an image that one invocation of the backward pass adds up: as many rows as without a pool. */
const WINDOWS_PER_GROUP = 64;
/** The same on hardware. */
const FEW_WINDOWS_PER_GROUP = 16;

/**
 * Height and width of the pooled maps: an odd last row or column is in no window.
 *
 * @throws {RangeError} If the maps are smaller than a window.
 */
export function pooledSize(
  { height, width }: Pick<BatchNormPoolShape, "height" | "width">,
): [height: number, width: number] {
  if (height < 2 || width < 2) {
    throw new RangeError(`Cannot pool maps of ${height}x${width} by 2x2`);
  }
  return [Math.floor(height / 2), Math.floor(width / 2)];
}

/** Number of groups, of rows or of windows, which sizes the `parts` buffers (f32 [G, 2, C]). */
export function batchNormPoolGroups(shape: BatchNormPoolShape, gpu: Device = SOFTWARE): number {
  const ofRows = batchNormGroups(unpooled(shape), gpu);
  return Math.max(ofRows, shape.batch * groupsPerImage(shape, gpu));
}

function windowsPerGroup({ isFallback }: Device): number {
  return isFallback ? WINDOWS_PER_GROUP : FEW_WINDOWS_PER_GROUP;
}

/**
 * Records the forward pass: the largest of each window of max(0, normalised x).
 *
 * Buffers as for {@linkcode batchNorm}, with x f32 [B, H, W, C], y f32 [B, H/2, W/2, C] and G as
 * {@linkcode batchNormPoolGroups} says.
 */
export function batchNormPool(
  gpu: Gpu,
  buffers: BatchNormBuffers,
  shape: BatchNormPoolShape,
): void {
  batchNormStatistics(gpu, buffers, unpooled(shape));
  normalisePool(gpu, buffers, shape);
}

/** Records the second part of {@linkcode batchNormPool}, for which any statistics will do. */
export function normalisePool(
  gpu: Gpu,
  { x, scale, shift, stats, y }: NormaliseBuffers,
  shape: BatchNormPoolShape,
): void {
  const { sizes, aliases, columns, bytes, runs } = layout(gpu, shape);
  const [high, wide] = pooledSize(shape);
  for (const run of runs) {
    gpu.dispatch(
      { label: "batch_norm_pool", source: forward, aliases },
      [
        ...[part(x, run, bytes.x), scale, shift, stats, part(y, run, bytes.y)],
        gpu.uniforms([run.count, ...sizes]),
      ],
      grid(run.count * high * wide * columns / 64),
    );
  }
}

/**
 * Records the backward pass. Of equal elements the first in row-major order gets a window's gradient, as in
 * PyTorch.
 *
 * Buffers as for {@linkcode batchNormGrad}, with x and dx f32 [B, H, W, C], dy f32 [B, H/2, W/2, C] and G as
 * {@linkcode batchNormPoolGroups} says.
 */
export function batchNormPoolGrad(
  gpu: Gpu,
  buffers: BatchNormGradBuffers,
  shape: BatchNormPoolShape,
): void {
  const { x, dy, scale, shift, stats, parts, dshift, dscale, dx } = buffers;
  const { sizes, aliases, columns, bytes, runs } = layout(gpu, shape);
  const { batch, height, width } = shape;
  const groups = groupsPerImage(shape, gpu);
  const kernel = { label: "batch_norm_pool_grad", source: backward, aliases };
  const given = (run: Run) => ({
    ...[part(x, run, bytes.x), part(dy, run, bytes.y), scale, shift, stats],
    9: gpu.uniforms([run.count, ...sizes, windowsPerGroup(gpu), groups, batch * height * width]),
  });
  for (const run of runs) {
    gpu.dispatch(
      { ...kernel, entry: "reduce" },
      { ...given(run), 5: part(parts, run, bytes.parts) },
      grid(run.count * groups * columns / 64),
    );
  }
  mergeBatchNormGrad(gpu, buffers, unpooled(shape), batch * groups);
  // Incomplete windows count here: their elements have a gradient too, through the statistics.
  const all = Math.ceil(height / 2) * Math.ceil(width / 2);
  for (const run of runs) {
    gpu.dispatch(
      { ...kernel, entry: "spread" },
      { ...given(run), 6: dshift, 7: dscale, 8: part(dx, run, bytes.x) },
      grid(run.count * all * columns / 64),
    );
  }
}

function unpooled(shape: BatchNormPoolShape): BatchNormShape {
  const { batch, height, width } = shape;
  return { ...shape, rows: batch * height * width, relu: true };
}

function groupsPerImage(shape: BatchNormPoolShape, gpu: Device): number {
  const [high, wide] = pooledSize(shape);
  return Math.ceil(high * wide / windowsPerGroup(gpu));
}

/** What the passes work out from the shape: sizes and bytes of an image, and the runs of them to bind. */
function layout(gpu: Gpu, shape: BatchNormPoolShape) {
  const { batch, height, width, channels } = shape;
  const [high, wide] = pooledSize(shape);
  const { type, bits, size } = numbersAtOnce(channels);
  const columns = channels / size;
  const bytes = {
    x: 4 * height * width * channels,
    y: 4 * high * wide * channels,
    parts: 8 * groupsPerImage(shape, gpu) * channels,
  };
  const runs = runsOf(gpu, batch, { bound: Object.values(bytes) });
  return { sizes: [height, width, columns], aliases: { T: type, I: bits }, columns, bytes, runs };
}
