/**
 * Batch normalisation in training, fused with the ReLU behind it: three dispatches forward, three back.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { floatBits, grid, numbersAtOnce } from "./kernel.ts";
import forward from "./wgsl/batch_norm.wgsl" with { type: "text" };
import backward from "./wgsl/batch_norm_grad.wgsl" with { type: "text" };

/** Sizes and settings of a normalisation over the rows of x [M, C]. */
export interface BatchNormShape {
  /** M: batch times pixels. */
  readonly rows: number;
  /** C. */
  readonly channels: number;
  /** Whether a ReLU follows. */
  readonly relu: boolean;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Share of the old value that the moving statistics keep. */
  readonly momentum: number;
}

/** What a forward pass reads and writes; shapes at {@linkcode batchNorm}. */
export type BatchNormBuffers = Record<
  "x" | "scale" | "shift" | "parts" | "stats" | "movingMean" | "movingVariance" | "y",
  Binding
>;

/** What a backward pass reads and writes; shapes at {@linkcode batchNormGrad}. */
export type BatchNormGradBuffers = Record<
  "x" | "dy" | "scale" | "shift" | "stats" | "parts" | "dshift" | "dscale" | "dx",
  Binding
>;

/** The shaders of both passes, with where they bind their settings. */
const FORWARD = { label: "batch_norm", source: forward, settings: 8 };
const BACKWARD = { label: "batch_norm_grad", source: backward, settings: 9 };

/** Rows that one invocation adds up; a few hundred keep the groups few and the machine busy. */
const ROWS_PER_GROUP = 256;
/**
 * Numbers that one invocation of the elementwise steps makes. Half the time of one number each on
 * lavapipe; 8 gain no more there and 16 lose it all again.
 */
const RUN = 4;
/** Invocations in a workgroup, as the shaders say. */
const WORKGROUP = 64;

/** Number of row groups G, which sizes the `parts` buffers (f32 [G, 2, C]). */
export function batchNormGroups({ rows }: BatchNormShape, rowsPerGroup = ROWS_PER_GROUP): number {
  return Math.ceil(rows / rowsPerGroup);
}

/**
 * Records the forward pass with the batch's own statistics and updates the moving ones.
 *
 * x                            f32 [M, C]
 * scale, shift                 f32 [C]
 * parts                        f32 [G, 2, C]  scratch
 * stats                        f32 [2, C]     written: mean, 1 / sqrt(variance + epsilon)
 * movingMean, movingVariance   f32 [C]        updated (the variance is the unbiased one)
 * y                            f32 [M, C]     written
 */
export function batchNorm(gpu: Gpu, buffers: BatchNormBuffers, shape: BatchNormShape): void {
  const { x, scale, shift, stats, y } = buffers;
  batchNormStatistics(gpu, buffers, shape);
  const { columns, step } = stepper(gpu, FORWARD, shape);
  step("normalise", { 0: x, 1: scale, 2: shift, 4: stats, 7: y }, runs(shape) * columns);
}

/** Records the first part of {@linkcode batchNorm}: all that it writes but y. */
export function batchNormStatistics(
  gpu: Gpu,
  { x, parts, stats, movingMean, movingVariance }: BatchNormBuffers,
  shape: BatchNormShape,
): void {
  const { columns, step } = stepper(gpu, FORWARD, shape);
  step("reduce", { 0: x, 3: parts }, batchNormGroups(shape) * columns);
  step("merge", { 3: parts, 4: stats, 5: movingMean, 6: movingVariance }, columns);
}

/**
 * Records the backward pass.
 *
 * x, dy           f32 [M, C]     input, gradient of the output
 * scale, shift    f32 [C]
 * stats           f32 [2, C]     as {@linkcode batchNorm} wrote them
 * parts           f32 [G, 2, C]  scratch
 * dshift, dscale  f32 [C]        written
 * dx              f32 [M, C]     written
 */
export function batchNormGrad(
  gpu: Gpu,
  buffers: BatchNormGradBuffers,
  shape: BatchNormShape,
): void {
  const { x, dy, scale, shift, stats, parts, dshift, dscale, dx } = buffers;
  const { columns, step } = stepper(gpu, BACKWARD, shape);
  const given = { 0: x, 1: dy, 2: scale, 3: shift, 4: stats };
  step("reduce", { ...given, 5: parts }, batchNormGroups(shape) * columns);
  mergeBatchNormGrad(gpu, buffers, shape);
  step("spread", { ...given, 6: dshift, 7: dscale, 8: dx }, runs(shape) * columns);
}

/** Records the sums dshift and dscale of what each group of rows left in `parts`. */
export function mergeBatchNormGrad(
  gpu: Gpu,
  { parts, dshift, dscale }: BatchNormGradBuffers,
  shape: BatchNormShape,
  rowsPerGroup = ROWS_PER_GROUP,
): void {
  const { columns, step } = stepper(gpu, BACKWARD, shape, rowsPerGroup);
  step("merge", { 5: parts, 6: dshift, 7: dscale }, columns);
}

/** Invocations for one column of an elementwise step. */
function runs({ rows }: BatchNormShape): number {
  return Math.ceil(rows / RUN);
}

/** What the steps of one pass have in common: the kernel's file and its settings. */
function stepper(
  gpu: Gpu,
  file: typeof FORWARD,
  shape: BatchNormShape,
  rowsPerGroup = ROWS_PER_GROUP,
) {
  const { rows, channels, relu, epsilon, momentum } = shape;
  const { type, size } = numbersAtOnce(channels);
  const columns = channels / size;
  const sizes = [rows, columns, rowsPerGroup, batchNormGroups(shape, rowsPerGroup)];
  const settings = gpu.uniforms([...sizes, floatBits(epsilon), floatBits(momentum)]);
  const kernel = { ...file, constants: { RELU: relu ? 1 : 0, RUN }, aliases: { T: type } };
  const step = (entry: string, bindings: Record<number, Binding>, invocations: number) =>
    gpu.dispatch(
      { ...kernel, entry },
      { ...bindings, [file.settings]: settings },
      grid(invocations / WORKGROUP),
    );
  return { columns, step };
}
