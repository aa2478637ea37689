/**
 * A convolution or one of its gradients, by the family of kernels that suits the device and the shape.
 *
 * @module
 */

import {
  checkConv2d,
  type Conv2dShape,
  type Operands,
  type Operation,
  outputSize,
  padChannels,
} from "./convolution/conv2d_shape.ts";
import { convolveTiled, OPERATIONS } from "./convolution/conv2d_tiled.ts";
import { sumSplits } from "./convolution/sum_splits.ts";
import { DEFAULT_TILE, type Tile } from "./convolution/tiles.ts";
import { convolveWinograd } from "./convolution/winograd_tiled.ts";
import type { Gpu } from "./webgpu/gpu.ts";
import { part, runsOf } from "./webgpu/runs.ts";

export type { Operands, Operation } from "./convolution/conv2d_shape.ts";

/** Kernels that work in registers alone, or with a tile in workgroup memory, by Winograd if it says so. */
export type Family = "registers" | Tile;

/**
 * Records an operation: see {@linkcode conv2d}, {@linkcode conv2dInputGrad} and
 * {@linkcode conv2dFilterGrad} for the buffers `[a, b, out]`, of any number of images.
 *
 * @param family By default what {@linkcode useFamily} said, else what suits the kind of adapter.
 * @throws {RangeError} If the filter is larger than the image, or a few images more than the device can
 * bind.
 */
export function convolve(
  gpu: Gpu,
  operation: Operation,
  [a, b, out]: Operands,
  shape: Conv2dShape,
  family: Family = familyOf(gpu, operation, shape),
): void {
  checkConv2d(shape);
  const record = (operands: Operands, shape: Conv2dShape) => {
    if (family === "registers") return OPERATIONS[operation](gpu, operands, shape);
    const tiled = family.winograd ? convolveWinograd : convolveTiled;
    tiled(gpu, operation, operands, shape, family);
  };
  const { x, y, scratch } = imageBytes(shape);
  const runs = runsOf(gpu, shape.batch, { bound: [x, y], scratch });
  if (runs.length === 1) return record([a, b, out], shape);
  const filterLength = shape.kernelHeight * shape.kernelWidth * shape.channels * shape.filters;
  for (const run of runs) {
    const images = { ...shape, batch: run.count };
    if (operation === "conv2d") record([part(a, run, x), b, part(out, run, y)], images);
    else if (operation === "conv2dInputGrad") {
      record([part(a, run, y), b, part(out, run, x)], images);
    } else {
      const target = run.first === 0 ? out : gpu.scratch("run", 4 * filterLength);
      record([part(a, run, x), part(b, run, y), target], images);
      if (target !== out) {
        sumSplits(gpu, [target, out], { splits: 1, length: filterLength }, { add: true });
      }
    }
  }
}

/** Bytes of an image in x, in y, and in the copies of them that the kernels make. */
function imageBytes(
  shape: Conv2dShape,
): { x: number; y: number; scratch: readonly number[] } {
  const { height, width, channels, filters } = shape;
  const padded = padChannels(shape);
  const [outHeight, outWidth] = outputSize(shape);
  return {
    x: 4 * height * width * channels,
    y: 4 * outHeight * outWidth * filters,
    scratch: [
      4 * height * width * padded.channels,
      4 * outHeight * outWidth * padded.filters,
    ],
  };
}

/** What {@linkcode useFamily} was told, for each device. */
const families = new WeakMap<Gpu, Map<string, Family>>();

/** Makes {@linkcode convolve} use a family for an operation of a shape, whatever the batch. */
export function useFamily(
  gpu: Gpu,
  operation: Operation,
  shape: Conv2dShape,
  family: Family,
): void {
  const known = families.get(gpu) ?? new Map<string, Family>();
  families.set(gpu, known.set(operationKey(operation, shape), family));
}

/** The family that an operation of a shape runs on. */
export function familyOf(gpu: Gpu, operation: Operation, shape: Conv2dShape): Family {
  const told = families.get(gpu)?.get(operationKey(operation, shape));
  if (told) return told;
  if (gpu.halfPrecision) return { ...DEFAULT_TILE, half: true };
  return gpu.isFallback ? "registers" : DEFAULT_TILE;
}

/** `conv2d 9x8x4 * 3x3x8`: an operation and its sizes but for the batch, since an epoch's last is smaller. */
export function operationKey(operation: Operation, shape: Conv2dShape): string {
  const { height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  return `${operation} ${height}x${width}x${channels} * ${kernelHeight}x${kernelWidth}x${filters}`;
}
