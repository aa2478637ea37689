/** How long an operation takes on each family of kernels, on buffers of its own. */

import { type Conv2dShape, outputSize } from "../convolution/conv2d_shape.ts";
import { convolve, type Family, type Operation } from "../convolution.ts";
import type { Gpu } from "../webgpu/gpu.ts";
import { secondsOf } from "../webgpu/timing.ts";

/** An operation that is going to run. */
export interface TuningJob {
  readonly operation: Operation;
  readonly shape: Conv2dShape;
}

/** Images of a measured batch: enough to fill a device, few enough for its memory. */
const MOST_IMAGES = 8;
/**
 * Multiplications and additions of a measured batch: few enough that the slowest family on a small device
 * ends before its driver takes it for hung (2 s on Windows).
 */
const MOST_FLOPS = 1.5e11;
/** A family that takes this much longer than the best in one run gets no other. */
const HOPELESS = 1.5;

/**
 * What moving one number costs beside a multiplication or addition: an H200 does 67 TFLOP/s and moves
 * 1.2e12 numbers a second; other devices are alike enough for an order.
 */
const FLOPS_PER_NUMBER = 56;

/** Expected cost of a job in multiplications and additions; numbers that are moved count as some. */
export function workOf({ operation, shape }: TuningJob): number {
  const { a, b, out } = operandSizes(operation, shape);
  return flopsOf(shape) + FLOPS_PER_NUMBER * (a + b + out);
}

/** Multiplications and additions, each counted as one. */
function flopsOf(shape: Conv2dShape): number {
  const { batch, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  return 2 * batch * outHeight * outWidth * kernelHeight * kernelWidth * channels * filters;
}

/** The shape that stands for a job's own where that is larger than a measurement needs. */
export function measuredShape({ shape }: Pick<TuningJob, "shape">): Conv2dShape {
  const { batch, height, width } = shape;
  // A dense layer's batch is the rows of one product and small; images are many products alike.
  if (height * width === 1) return shape;
  const most = Math.max(1, Math.floor(MOST_FLOPS / flopsOf({ ...shape, batch: 1 })));
  return { ...shape, batch: Math.min(batch, MOST_IMAGES, most) };
}

/** Seconds of a job's {@linkcode measuredShape} on each family; infinite on one that the device refuses. */
export async function timeFamilies(
  gpu: Gpu,
  job: TuningJob,
  families: readonly Family[],
): Promise<Map<Family, number>> {
  const times = new Map<Family, number>();
  for (const family of families) {
    times.set(family, await timeFamily(gpu, job, family, Math.min(...times.values())));
  }
  return times;
}

/**
 * The same of one family.
 *
 * @param best Seconds of the fastest so far: one that is far slower is not timed again to be sure.
 */
export async function timeFamily(
  gpu: Gpu,
  job: TuningJob,
  family: Family,
  best: number,
): Promise<number> {
  const shape = measuredShape(job);
  const { a, b, out } = operandSizes(job.operation, shape);
  const buffers = [a, b, out].map((size) => gpu.createBuffer(4 * size)) as [
    GPUBuffer,
    GPUBuffer,
    GPUBuffer,
  ];
  const record = () => convolve(gpu, job.operation, buffers, shape, family);
  // A family that a driver refuses is none; the device goes on without it.
  gpu.device.pushErrorScope("validation");
  const seconds = await secondsOf(gpu, record, HOPELESS * best);
  const refused = await gpu.device.popErrorScope();
  gpu.destroy(...buffers);
  return refused ? Infinity : seconds;
}

/** Numbers in the two factors and in the result of an operation. */
function operandSizes(
  operation: Operation,
  shape: Conv2dShape,
): Record<"a" | "b" | "out", number> {
  const { batch, height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  const [outHeight, outWidth] = outputSize(shape);
  const x = batch * height * width * channels;
  const f = kernelHeight * kernelWidth * channels * filters;
  const y = batch * outHeight * outWidth * filters;
  switch (operation) {
    case "conv2d":
      return { a: x, b: f, out: y };
    case "conv2dInputGrad":
      return { a: y, b: f, out: x };
    case "conv2dFilterGrad":
      return { a: x, b: y, out: f };
  }
}
