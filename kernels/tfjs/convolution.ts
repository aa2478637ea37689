/**
 * What our kernels under tfjs's operations have in common, on whatever backend: which convolutions they
 * cover, and how they take tfjs's place.
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Conv2dShape } from "../convolution/conv2d_shape.ts";
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
export function isPlain({ strides, pad, dataFormat, dilations }: KernelAttributes): boolean {
  const ones = (value: unknown) => [value ?? 1].flat().every((one) => one === 1);
  return ones(strides) && ones(dilations) && (pad === "valid" || pad === 0) &&
    (dataFormat ?? "NHWC") === "NHWC";
}

/** Whether nothing is fused to a convolution. */
export function isAlone(
  { bias, preluActivationWeights }: KernelInputs,
  { activation }: KernelAttributes,
): boolean {
  return !bias && !preluActivationWeights && activation === "linear";
}

/** The sizes of x [B, H, W, C] * filter [KH, KW, C, N]. */
export function convolutionShape(
  x: readonly number[],
  filter: readonly number[],
): Conv2dShape {
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , filters] = filter as [number, number, number, number];
  return { batch, height, width, channels, filters, kernelHeight, kernelWidth };
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
