/**
 * What our kernels under tfjs's operations have in common, on whatever backend: which convolutions they
 * cover, and how they take tfjs's place.
 */

import * as tf from "@tensorflow/tfjs-core";
import { type Conv2dShape, type Operation, outputSize } from "../convolution/conv2d_shape.ts";
import type { MaxPoolShape } from "../max_pool.ts";

type KernelInputs = Record<string, tf.TensorInfo>;
/** What else it is given. */
export type KernelAttributes = Record<string, unknown>;
/** A kernel of ours: the result, or null where the one in its place is to be used. */
export type OwnKernel = (
  inputs: KernelInputs,
  attributes: KernelAttributes,
) => tf.TensorInfo | null;

/** `stock`, but with `own` asked first. */
export function withOwn(stock: tf.KernelConfig, own: OwnKernel): tf.KernelConfig {
  const kernelFunc: tf.KernelFunc = (call) =>
    own(call.inputs as KernelInputs, call.attrs ?? {}) ?? stock.kernelFunc(call);
  return { ...stock, kernelFunc };
}

/** Registers a kernel in place of the one that its backend has of this name. */
export function replaceKernel(config: tf.KernelConfig): void {
  tf.unregisterKernel(config.kernelName, config.backendName);
  tf.registerKernel(config);
}

/** Stride 1, no padding, no dilation, channels last. */
function isPlain({ strides, pad, dataFormat, dilations }: KernelAttributes): boolean {
  const ones = (value: unknown) => [value ?? 1].flat().every((one) => one === 1);
  return ones(strides) && ones(dilations) && (pad === "valid" || pad === 0) &&
    (dataFormat ?? "NHWC") === "NHWC";
}

/** Whether nothing is fused to a convolution. */
function isAlone(
  { bias, preluActivationWeights }: KernelInputs,
  { activation }: KernelAttributes,
): boolean {
  return !bias && !preluActivationWeights && activation === "linear";
}

/** The sizes of x [B, H, W, C] * filter [KH, KW, C, N]. */
function convolutionShape(
  x: readonly number[],
  filter: readonly number[],
): Conv2dShape {
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , filters] = filter as [number, number, number, number];
  return { batch, height, width, channels, filters, kernelHeight, kernelWidth };
}

/** Runs an operation of two tensors into a new one of a shape. */
export type RunOperation = (
  operation: Operation,
  operands: readonly [tf.TensorInfo, tf.TensorInfo],
  shape: Conv2dShape,
  outputShape: number[],
) => tf.TensorInfo;

/** Kernels of convolutions and both their gradients. */
export function convolutionKernels(run: RunOperation): Record<string, OwnKernel> {
  const forward: OwnKernel = ({ x, filter }) => {
    const shape = convolutionShape(x!.shape, filter!.shape);
    return run("conv2d", [x!, filter!], shape, [shape.batch, ...outputSize(shape), shape.filters]);
  };
  return {
    Conv2D: (inputs, attributes) => isPlain(attributes) ? forward(inputs, attributes) : null,
    FusedConv2D: (inputs, attributes) =>
      isPlain(attributes) && isAlone(inputs, attributes) ? forward(inputs, attributes) : null,
    Conv2DBackpropInput: ({ dy, filter }, attributes) => {
      if (!isPlain(attributes)) return null;
      const inputShape = attributes["inputShape"] as number[];
      const shape = convolutionShape(inputShape, filter!.shape);
      return run("conv2dInputGrad", [dy!, filter!], shape, inputShape);
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes) => {
      if (!isPlain(attributes)) return null;
      const filterShape = attributes["filterShape"] as number[];
      const shape = convolutionShape(x!.shape, filterShape);
      return run("conv2dFilterGrad", [x!, dy!], shape, filterShape);
    },
  };
}

/** Adds a bias with the backend's own kernel and releases the sum without it. */
export function addBias(product: tf.TensorInfo, bias: tf.TensorInfo): tf.TensorInfo {
  const add = tf.getKernel("Add", tf.getBackend()).kernelFunc;
  const sum = add({ inputs: { a: product, b: bias }, backend: tf.backend() }) as tf.TensorInfo;
  tf.engine().backend.disposeData(product.dataId);
  return sum;
}

/** Whether a matrix product is of one matrix by one. */
export function isSingle(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  return [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)].every((size) => size === 1);
}

/** The sizes of 2x2 pooling without overlap or border; null for any other. */
export function poolShape(x: tf.TensorInfo, attributes: KernelAttributes): MaxPoolShape | null {
  const { filterSize, strides, pad } = attributes;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const isTwo = [filterSize, strides].flat().every((side) => side === 2);
  const fits = isTwo && (pad === "valid" || pad === 0) && height > 1 && width > 1;
  return fits ? { batch, height, width, channels } : null;
}
