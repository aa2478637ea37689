/**
 * Our kernels under tfjs's operations on WebGPU: convolution with both gradients, matrix products,
 * pooling, and what only moves numbers.
 * The layers API stays as it is. What a kernel of ours does not cover goes on to tfjs's own.
 */

import * as tf from "@tensorflow/tfjs-core";
import { pooledSize } from "../batch_norm_pool.ts";
import type { Conv2dShape } from "../convolution/conv2d_shape.ts";
import { convolve, type Operation } from "../convolution.ts";
import { maxPool, maxPoolGrad } from "../max_pool.ts";
import { stridedCopy } from "../strided_copy.ts";
import {
  addBias,
  convolutionKernels,
  isSingle,
  type OwnKernel,
  poolShape,
  replaceKernel,
  type RunOperation,
  withOwn,
} from "./convolution.ts";
import type { TfjsHost } from "./host.ts";
import { viewKernels } from "./views.ts";

/** What tfjs registered itself, to go back to; filled once. */
const stock = new Map<string, tf.KernelConfig>();

/** Puts our kernels under the operations of tfjs's backend "webgpu". */
export function useOwnKernels(host: TfjsHost): void {
  for (const [name, own] of Object.entries(ownKernels(host))) {
    const before = stock.get(name) ?? tf.getKernel(name, "webgpu");
    if (!before) {
      throw new Error(`tfjs has no WebGPU kernel ${name}: is another version installed?`);
    }
    stock.set(name, before);
    replaceKernel(withOwn(before, own));
  }
}

/** Gives tfjs its own kernels back. */
export function useStockKernels(): void {
  for (const config of stock.values()) replaceKernel(config);
}

function ownKernels(host: TfjsHost): Record<string, OwnKernel> {
  return {
    ...convolutionKernels((...given) => run(host, ...given)),
    MaxPool: ({ x }, attributes) => {
      const shape = poolShape(x!, attributes);
      if (!shape) return null;
      const { batch, channels } = shape;
      const y = host.output([batch, ...pooledSize(shape), channels]);
      maxPool(host.gpu, host.bindAll({ x: x!, y }), shape);
      return y;
    },
    MaxPoolGrad: ({ input: x, output: y, dy }, attributes) => {
      const shape = poolShape(x!, attributes);
      if (!shape) return null;
      const dx = host.output(x!.shape);
      maxPoolGrad(host.gpu, host.bindAll({ x: x!, y: y!, dy: dy!, dx }), shape);
      return dx;
    },
    ...viewKernels((x, view, shape) => {
      const y = host.output(shape);
      stridedCopy(host.gpu, host.bind(x), host.bind(y), view);
      return y;
    }),
    BatchMatMul: ({ a, b }, attributes) => product(host, a!, b!, attributes),
    _FusedMatMul: ({ a, b, bias, preluActivationWeights }, attributes) => {
      if (preluActivationWeights || attributes.activation !== "linear") return null;
      const c = product(host, a!, b!, attributes);
      return c && bias ? addBias(c, bias) : c;
    },
  };
}

/** Records an operation into a new tensor. */
function run(
  host: TfjsHost,
  ...[operation, [a, b], shape, outputShape]: Parameters<RunOperation>
): tf.TensorInfo {
  const out = host.output(outputShape);
  convolve(host.gpu, operation, [host.bind(a), host.bind(b), host.bind(out)], shape);
  return out;
}

/** A matrix product as the convolution of 1x1 images, or its gradients; null if it is batched. */
function product(
  host: TfjsHost,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Record<string, unknown>,
): tf.TensorInfo | null {
  if (!isSingle(a, b)) return null;
  if (transposeA && transposeB) return null;
  const lead = a.shape.slice(0, -2);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const shape = (batch: number, channels: number, filters: number): Conv2dShape => (
    { batch, height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, channels, filters }
  );
  const multiply = (operation: Operation, sizes: Conv2dShape, rows: number, columns: number) =>
    run(host, operation, [a, b], sizes, [...lead, rows, columns]);
  if (transposeA) {
    return multiply("conv2dFilterGrad", shape(aRows, aColumns, bColumns), aColumns, bColumns);
  }
  if (transposeB) {
    return multiply("conv2dInputGrad", shape(aRows, bRows, bColumns), aRows, bRows);
  }
  return multiply("conv2d", shape(aRows, aColumns, bColumns), aRows, bColumns);
}
