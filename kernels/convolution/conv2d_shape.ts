/** Sizes of a convolution (stride 1, NHWC). */

import type { Binding } from "../webgpu/gpu.ts";

/** Sizes of a convolution: x [B, H, W, C] * f [KH, KW, C, N] is y [B, OH, OW, N]. */
export interface Conv2dShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** C: channels of x. */
  readonly channels: number;
  /** N: channels of y. */
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** What is computed of y = x * f: the result or a gradient. */
export type Operation = "conv2d" | "conv2dInputGrad" | "conv2dFilterGrad";

/** The buffers of an operation: what it reads, and what it writes. */
export type Operands = readonly [a: Binding, b: Binding, out: Binding];

/** Rows and columns of zeros around an image, on either side. */
export interface Border {
  readonly top: number;
  readonly left: number;
}

/** Nothing around the image. */
export const NO_BORDER: Border = { top: 0, left: 0 };

/** Height and width of the output of an image with a border. */
export function outputSize(
  shape: Conv2dShape,
  { top, left }: Border = NO_BORDER,
): [height: number, width: number] {
  const { height, width, kernelHeight, kernelWidth } = shape;
  return [height + 2 * top - kernelHeight + 1, width + 2 * left - kernelWidth + 1];
}

/** Throws if the filter does not fit into the image. */
export function checkConv2d(shape: Conv2dShape): void {
  const [height, width] = outputSize(shape);
  if (height >= 1 && width >= 1) return;
  throw new RangeError(
    `Cannot convolve: a ${shape.kernelHeight}x${shape.kernelWidth} filter is larger than the ` +
      `${shape.height}x${shape.width} image`,
  );
}

/** The shape with channels and filters rounded up to what the kernels read at once. */
export function padChannels(shape: Conv2dShape): Conv2dShape {
  const up = (count: number) => Math.ceil(count / 4) * 4;
  return { ...shape, channels: up(shape.channels), filters: up(shape.filters) };
}
