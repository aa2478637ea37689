/**
 * A convolution or one of its gradients, by the family of kernels that suits the device and the shape.
 *
 * @module
 */

import { conv2d, conv2dInputGrad, type Conv2dShape } from "./conv2d.ts";
import { conv2dFilterGrad } from "./conv2d_filter_grad.ts";
import { conv2dFilterGradTiled, conv2dInputGradTiled, conv2dTiled } from "./conv2d_tiled.ts";
import type { Binding, Gpu } from "./gpu.ts";
import { DEFAULT_TILE, type Tile } from "./tiles.ts";

/** What is computed of y = x * f: the result or a gradient. Its buffers are those of that function. */
export type Operation = "conv2d" | "conv2dInputGrad" | "conv2dFilterGrad";

/** Kernels that work in registers alone, or with a tile in workgroup memory. */
export type Family = "registers" | Tile;

const IN_REGISTERS = { conv2d, conv2dInputGrad, conv2dFilterGrad };
const TILED = {
  conv2d: conv2dTiled,
  conv2dInputGrad: conv2dInputGradTiled,
  conv2dFilterGrad: conv2dFilterGradTiled,
};

/**
 * Records an operation: see {@linkcode conv2d}, {@linkcode conv2dInputGrad} and
 * {@linkcode conv2dFilterGrad} for the buffers `[a, b, out]`.
 *
 * @param family By default what {@linkcode useFamily} said, else what suits the kind of adapter.
 * @throws {RangeError} If the filter is larger than the image.
 */
export function convolve(
  gpu: Gpu,
  operation: Operation,
  [a, b, out]: readonly [Binding, Binding, Binding],
  shape: Conv2dShape,
  family: Family = familyOf(gpu, operation, shape),
): void {
  if (family === "registers") IN_REGISTERS[operation](gpu, a, b, out, shape);
  else TILED[operation](gpu, a, b, out, shape, family);
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
  return families.get(gpu)?.get(operationKey(operation, shape)) ??
    (gpu.isFallback ? "registers" : DEFAULT_TILE);
}

/** `conv2d 9x8x4 * 3x3x8`: an operation and its sizes but for the batch, since an epoch's last is smaller. */
export function operationKey(operation: Operation, shape: Conv2dShape): string {
  const { height, width, channels, filters, kernelHeight, kernelWidth } = shape;
  return `${operation} ${height}x${width}x${channels} * ${kernelHeight}x${kernelWidth}x${filters}`;
}
