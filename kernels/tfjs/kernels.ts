/**
 * Our kernels under tfjs's operations on WebGPU: convolution with both gradients, matrix products,
 * pooling, and what only moves numbers.
 * The layers API stays as it is. What a kernel of ours does not cover goes on to tfjs's own.
 */

import * as tf from "@tensorflow/tfjs-core";
import { pooledSize } from "../batch_norm_pool.ts";
import { type Conv2dShape, outputSize } from "../convolution/conv2d_shape.ts";
import { convolve, type Operation } from "../convolution.ts";
import { maxPool, maxPoolGrad } from "../max_pool.ts";
import { stridedCopy } from "../strided_copy.ts";
import {
  convolutionShape,
  isAlone,
  isPlain,
  isSingle,
  type OwnKernel,
  poolShape,
  replaceKernel,
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
    Conv2D: ({ x, filter }, attributes) =>
      isPlain(attributes) ? convolution(host, x!, filter!) : null,
    FusedConv2D: (inputs, attributes) =>
      isPlain(attributes) && isAlone(inputs, attributes)
        ? convolution(host, inputs.x!, inputs.filter!)
        : null,
    Conv2DBackpropInput: ({ dy, filter }, attributes) => {
      if (!isPlain(attributes)) return null;
      const inputShape = attributes.inputShape as number[];
      const shape = convolutionShape(inputShape, filter!.shape);
      return run(host, "conv2dInputGrad", [dy!, filter!], shape, inputShape);
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes) => {
      if (!isPlain(attributes)) return null;
      const filterShape = attributes.filterShape as number[];
      const shape = convolutionShape(x!.shape, filterShape);
      return run(host, "conv2dFilterGrad", [x!, dy!], shape, filterShape);
    },
    MaxPool: ({ x }, attributes) => {
      const shape = poolShape(x!, attributes);
      if (!shape) return null;
      const { batch, channels } = shape;
      const y = host.output([batch, ...pooledSize(shape), channels]);
      maxPool(host.gpu, { x: host.bind(x!), y: host.bind(y) }, shape);
      return y;
    },
    MaxPoolGrad: ({ input: x, output: y, dy }, attributes) => {
      const shape = poolShape(x!, attributes);
      if (!shape) return null;
      const dx = host.output(x!.shape);
      const [boundX, boundY, boundDy] = [x!, y!, dy!].map((tensor) => host.bind(tensor));
      const buffers = { x: boundX!, y: boundY!, dy: boundDy!, dx: host.bind(dx) };
      maxPoolGrad(host.gpu, buffers, shape);
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
      return c && bias ? addBias(host, c, bias) : c;
    },
  };
}

function convolution(
  host: TfjsHost,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const shape = convolutionShape(x.shape, filter.shape);
  const outputShape = [shape.batch, ...outputSize(shape), shape.filters];
  return run(host, "conv2d", [x, filter], shape, outputShape);
}

/** Records an operation into a new tensor. */
function run(
  host: TfjsHost,
  operation: Operation,
  [a, b]: readonly [tf.TensorInfo, tf.TensorInfo],
  shape: Conv2dShape,
  outputShape: number[],
): tf.TensorInfo {
  const out = host.output(outputShape);
  convolve(host.gpu, operation, [host.bind(a), host.bind(b), host.bind(out)], shape);
  return out;
}

/** Adds a bias with tfjs's own kernel and releases the sum without it. */
function addBias(host: TfjsHost, product: tf.TensorInfo, bias: tf.TensorInfo): tf.TensorInfo {
  const add = tf.getKernel("Add", "webgpu").kernelFunc;
  const sum = add({ inputs: { a: product, b: bias }, backend: tf.backend() });
  host.release(product);
  return sum as tf.TensorInfo;
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
