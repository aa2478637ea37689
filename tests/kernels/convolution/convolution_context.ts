/** Running one convolution on a device, for the tests of its kernels. */

import type { Conv2dShape } from "../../../kernels/convolution/conv2d_shape.ts";
import { convolve, type Family, type Operation } from "../../../kernels/convolution.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import type { Random } from "../../../pipeline/numbers/random.ts";

/** The shape with sizes [B, H, W, C, N, KH, KW]. */
export function conv2dShape(sizes: readonly number[]): Conv2dShape {
  const [batch, height, width, channels, filters, kernelHeight, kernelWidth] = sizes as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { batch, height, width, channels, filters, kernelHeight, kernelWidth };
}

/** Numbers between −0.5 and 0.5. */
export function randomNumbers(random: Random, length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, () => random.next() - 0.5);
}

/** Runs an operation that writes `size` numbers, and frees its buffers. */
export async function runConvolution(
  gpu: Gpu,
  operation: Operation,
  inputs: readonly Float32Array<ArrayBuffer>[],
  shape: Conv2dShape,
  size: number,
  family: Family,
): Promise<Float32Array> {
  const [a, b] = inputs.map((values) => gpu.upload(values)) as [GPUBuffer, GPUBuffer];
  const out = gpu.createBuffer(4 * size);
  convolve(gpu, operation, [a, b, out], shape, family);
  const result = new Float32Array(await gpu.read(out, 4 * size));
  gpu.destroy(a, b, out);
  return result;
}
