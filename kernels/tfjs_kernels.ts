/**
 * Our kernels under tfjs's operations on WebGPU: convolution with both gradients, and matrix products.
 * The layers API stays as it is. What a kernel of ours does not cover goes on to tfjs's own.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { conv2d, conv2dInputGrad, type Conv2dShape, outputSize } from "./conv2d.ts";
import { conv2dFilterGrad } from "./conv2d_filter_grad.ts";
import type { TfjsHost } from "./tfjs_host.ts";

type Inputs = Record<string, tf.TensorInfo>;
type KernelArguments = Parameters<tf.KernelFunc>[0];
/** A kernel of ours: the result, or null where tfjs's own is to be used. */
type OwnKernel = (inputs: Inputs, attributes: Record<string, unknown>) => tf.TensorInfo | null;

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
    const kernelFunc = (call: KernelArguments) =>
      own(call.inputs as Inputs, call.attrs ?? {}) ?? before.kernelFunc(call);
    replaceKernel({ ...before, kernelFunc });
  }
}

/** Gives tfjs its own kernels back. */
export function useStockKernels(): void {
  for (const config of stock.values()) replaceKernel(config);
}

function replaceKernel(config: tf.KernelConfig): void {
  tf.unregisterKernel(config.kernelName, "webgpu");
  tf.registerKernel(config);
}

function ownKernels(host: TfjsHost): Record<string, OwnKernel> {
  return {
    Conv2D: ({ x, filter }, attributes) =>
      isPlain(attributes) ? convolution(host, x!, filter!) : null,
    FusedConv2D: ({ x, filter, bias, preluActivationWeights }, attributes) =>
      isPlain(attributes) && !bias && !preluActivationWeights && attributes.activation === "linear"
        ? convolution(host, x!, filter!)
        : null,
    Conv2DBackpropInput: ({ dy, filter }, attributes) => {
      if (!isPlain(attributes)) return null;
      const inputShape = attributes.inputShape as number[];
      const dx = host.output(inputShape);
      const shape = convolutionShape(inputShape, filter!.shape);
      conv2dInputGrad(host.gpu, host.bind(dy!), host.bind(filter!), host.bind(dx), shape);
      return dx;
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes) => {
      if (!isPlain(attributes)) return null;
      const filterShape = attributes.filterShape as number[];
      const g = host.output(filterShape);
      const shape = convolutionShape(x!.shape, filterShape);
      conv2dFilterGrad(host.gpu, host.bind(x!), host.bind(dy!), host.bind(g), shape);
      return g;
    },
    BatchMatMul: ({ a, b }, attributes) => product(host, a!, b!, attributes),
    _FusedMatMul: ({ a, b, bias, preluActivationWeights }, attributes) => {
      if (preluActivationWeights || attributes.activation !== "linear") return null;
      const c = product(host, a!, b!, attributes);
      return c && bias ? addBias(host, c, bias) : c;
    },
  };
}

/** Stride 1, no padding, no dilation, channels last. */
function isPlain(attributes: Record<string, unknown>): boolean {
  const { strides, pad, dataFormat, dilations } = attributes;
  const ones = (value: unknown) => [value ?? 1].flat().every((one) => one === 1);
  return ones(strides) && ones(dilations) && (pad === "valid" || pad === 0) &&
    (dataFormat ?? "NHWC") === "NHWC";
}

function convolutionShape(x: readonly number[], filter: readonly number[]): Conv2dShape {
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , filters] = filter as [number, number, number, number];
  return { batch, height, width, channels, filters, kernelHeight, kernelWidth };
}

function convolution(
  host: TfjsHost,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const shape = convolutionShape(x.shape, filter.shape);
  const y = host.output([shape.batch, ...outputSize(shape), shape.filters]);
  conv2d(host.gpu, host.bind(x), host.bind(filter), host.bind(y), shape);
  return y;
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
  if ([...a.shape.slice(0, -2), ...b.shape.slice(0, -2)].some((size) => size !== 1)) return null;
  if (transposeA && transposeB) return null;
  const lead = a.shape.slice(0, -2);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const shape = (batch: number, channels: number, filters: number): Conv2dShape => (
    { batch, height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, channels, filters }
  );
  if (transposeA) {
    const c = host.output([...lead, aColumns, bColumns]);
    const buffers = [host.bind(a), host.bind(b), host.bind(c)] as const;
    conv2dFilterGrad(host.gpu, ...buffers, shape(aRows, aColumns, bColumns));
    return c;
  }
  const c = host.output([...lead, aRows, transposeB ? bRows : bColumns]);
  const buffers = [host.bind(a), host.bind(b), host.bind(c)] as const;
  if (transposeB) conv2dInputGrad(host.gpu, ...buffers, shape(aRows, bRows, bColumns));
  else conv2d(host.gpu, ...buffers, shape(aRows, aColumns, bColumns));
  return c;
}
