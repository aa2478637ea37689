/** Batch normalisation in training, fused with the ReLU behind it: three dispatches forward, three back. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { floatBits, grid, numbersAtOnce } from "./webgpu/kernel.ts";
import { part, type Run, runsOf } from "./webgpu/runs.ts";
import forward from "./wgsl/batch_norm.wgsl" with { type: "text" };
import backward from "./wgsl/batch_norm_grad.wgsl" with { type: "text" };

/** Sizes and settings of a normalisation over the rows of x [M, C]. */
export interface BatchNormShape {
  /** M: batch times pixels. */
  readonly rows: number;
  /** C. */
  readonly channels: number;
  readonly relu: boolean;
  readonly epsilon: number;
  /** Share of the old value that the moving statistics keep. */
  readonly momentum: number;
}

/** What a forward pass reads and writes; shapes at {@linkcode batchNorm}. */
export type BatchNormBuffers = Record<
  "x" | "scale" | "shift" | "parts" | "stats" | "movingMean" | "movingVariance" | "y",
  Binding
>;

/** What a forward pass with given statistics reads and writes. */
export type NormaliseBuffers = Pick<BatchNormBuffers, "x" | "scale" | "shift" | "stats" | "y">;

/** What a backward pass reads and writes; shapes at {@linkcode batchNormGrad}. */
export type BatchNormGradBuffers = Record<
  "x" | "dy" | "scale" | "shift" | "stats" | "parts" | "dshift" | "dscale" | "dx",
  Binding
>;

/** The shaders of both passes, with where they bind their settings. */
const FORWARD = { label: "batch_norm", source: forward, settings: 8 };
const BACKWARD = { label: "batch_norm_grad", source: backward, settings: 9 };

/** Rows that one invocation adds up on software; a few hundred keep the groups few and the machine busy. */
const ROWS_PER_GROUP = 256;
/**
 * The same on hardware: a batch of 16 at 103 x 83 with 8 channels is then 4,300 invocations, where 1,070 would
 * leave most of a large device idle.
 */
const FEW_ROWS_PER_GROUP = 64;
/**
 * Numbers that one invocation of the elementwise steps makes. Half the time of one number each on
 * lavapipe; 8 gain no more there and 16 lose it all again.
 */
const RUN = 4;
/** Invocations in a workgroup, as the shaders say. */
const WORKGROUP = 64;

/** Number of row groups G on a device, which sizes the `parts` buffers (f32 [G, 2, C]). */
export function batchNormGroups({ rows }: BatchNormShape, gpu: Device = SOFTWARE): number {
  return Math.ceil(rows / rowsPerGroup(gpu));
}

/** What decides how sums are shared out. */
export type Device = Pick<Gpu, "isFallback">;
export const SOFTWARE: Device = { isFallback: true };

function rowsPerGroup({ isFallback }: Device): number {
  return isFallback ? ROWS_PER_GROUP : FEW_ROWS_PER_GROUP;
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
  batchNormStatistics(gpu, buffers, shape);
  normalise(gpu, buffers, shape);
}

/** Records the first part of {@linkcode batchNorm}: all that it writes but y. */
export function batchNormStatistics(
  gpu: Gpu,
  { x, parts, stats, movingMean, movingVariance }: BatchNormBuffers,
  shape: BatchNormShape,
): void {
  const step = stepper(gpu, FORWARD, shape);
  step("reduce", "groups", { rows: { 0: x }, groups: { 3: parts } });
  step("merge", "channels", { whole: { 3: parts, 4: stats, 5: movingMean, 6: movingVariance } });
}

/** Records the second part of {@linkcode batchNorm}, for which any statistics will do. */
export function normalise(gpu: Gpu, buffers: NormaliseBuffers, shape: BatchNormShape): void {
  const { x, scale, shift, stats, y } = buffers;
  const step = stepper(gpu, FORWARD, shape);
  step("normalise", "rows", { rows: { 0: x, 7: y }, whole: { 1: scale, 2: shift, 4: stats } });
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
  const step = stepper(gpu, BACKWARD, shape);
  const [rows, whole] = [{ 0: x, 1: dy }, { 2: scale, 3: shift, 4: stats }];
  step("reduce", "groups", { rows, groups: { 5: parts }, whole });
  mergeBatchNormGrad(gpu, buffers, shape);
  const sums = { 6: dshift, 7: dscale };
  step("spread", "rows", { rows: { ...rows, 8: dx }, whole: { ...whole, ...sums } });
}

/** Records the sums dshift and dscale of what each group left in `parts`. */
export function mergeBatchNormGrad(
  gpu: Gpu,
  { parts, dshift, dscale }: BatchNormGradBuffers,
  shape: BatchNormShape,
  groups: number = batchNormGroups(shape, gpu),
): void {
  const step = stepper(gpu, BACKWARD, shape, groups);
  step("merge", "channels", { whole: { 5: parts, 6: dshift, 7: dscale } });
}

/** What a step binds: of [M, C] and [G, 2, C] the part that belongs to a run, of the others all. */
type StepBindings = Partial<Record<"rows" | "groups" | "whole", Record<number, Binding>>>;

/**
 * What the steps of one pass have in common: the kernel's file, its settings, and the runs of row groups
 * that can be bound. A step makes a number, or vector, of each row, group or channel.
 */
function stepper(
  gpu: Gpu,
  file: typeof FORWARD,
  shape: BatchNormShape,
  groups: number = batchNormGroups(shape, gpu),
) {
  const { channels, relu, epsilon, momentum } = shape;
  const { type, bits, size } = numbersAtOnce(channels);
  const columns = channels / size;
  const constants = { RELU: relu ? 1 : 0, RUN };
  const kernel = { ...file, constants, aliases: { T: type, I: bits } };
  const [rowBytes, groupBytes] = [4 * channels, 8 * channels];
  const rowsEach = rowsPerGroup(gpu);
  const runs = runsOf(gpu, groups, { bound: [rowsEach * rowBytes, groupBytes] });
  return (entry: string, each: "rows" | "groups" | "channels", bindings: StepBindings) => {
    for (const run of each === "channels" ? [{ first: 0, count: groups }] : runs) {
      const first = run.first * rowsEach;
      const rows = { first, count: Math.min(run.count * rowsEach, shape.rows - first) };
      const sizes = [rows.count, columns, rowsEach, run.count, shape.rows];
      const bound = {
        ...partsOf(bindings.rows, rows, rowBytes),
        ...partsOf(bindings.groups, run, groupBytes),
        ...bindings.whole,
        [file.settings]: gpu.uniforms([...sizes, floatBits(epsilon), floatBits(momentum)]),
      };
      const items = { rows: Math.ceil(rows.count / RUN), groups: run.count, channels: 1 }[each];
      // On hardware a workgroup has a channel, in place of an invocation.
      const isWide = each === "channels" && !gpu.isFallback;
      const name = isWide ? `${entry}_wide` : entry;
      const workgroups = items * columns / (isWide ? 1 : WORKGROUP);
      gpu.dispatch({ ...kernel, entry: name }, bound, grid(workgroups));
    }
  };
}

function partsOf(
  bindings: Record<number, Binding> = {},
  run: Run,
  bytes: number,
): Record<number, Binding> {
  const parts = Object.entries(bindings).map(([at, binding]) => [at, part(binding, run, bytes)]);
  return Object.fromEntries(parts);
}
