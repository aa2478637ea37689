/**
 * Our convolutions on threads under tfjs's operations on WebAssembly. What they do not cover (strides,
 * padding, a bias, an activation) goes on to tfjs's own kernels.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Conv2dShape } from "./conv2d.ts";
import { outputSize } from "./conv2d.ts";
import {
  conv2dFilterGradThreads,
  conv2dInputGradThreads,
  conv2dThreads,
} from "./cpu/conv2d_threads.ts";
import { heapNumbers, heapTensor } from "./tfjs_wasm_heap.ts";
import type { WasmThreads } from "./wasm_threads.ts";

type KernelArguments = Parameters<tf.KernelFunc>[0];
type Inputs = Record<string, tf.TensorInfo>;

/** A kernel of ours: the result, or null where the one before it is to be used. */
type OwnKernel = (inputs: Inputs, attributes: tf.NamedAttrMap) => tf.TensorInfo | null;

/**
 * Puts our convolutions under the operations of tfjs's backend "wasm", which must be in use.
 *
 * @returns What takes them away again, to be called before the threads are disposed.
 */
export function useThreads(threads: WasmThreads): () => void {
  const before: tf.KernelConfig[] = [];
  for (const [kernelName, own] of Object.entries(ownKernels(threads))) {
    const stock = tf.getKernel(kernelName, "wasm");
    if (!stock) throw new Error(`tfjs has no kernel ${kernelName} on wasm: is it another version?`);
    before.push(stock);
    const kernelFunc = (call: KernelArguments) =>
      own(call.inputs as Inputs, call.attrs ?? {}) ?? stock.kernelFunc(call);
    replaceKernel({ ...stock, kernelFunc });
  }
  return () => before.forEach(replaceKernel);
}

function replaceKernel(config: tf.KernelConfig): void {
  tf.unregisterKernel(config.kernelName, "wasm");
  tf.registerKernel(config);
}

function ownKernels(threads: WasmThreads): Record<string, OwnKernel> {
  const forward: OwnKernel = ({ x, filter }) => {
    const shape = shapeOf(x!.shape, filter!.shape);
    return output([shape.batch, ...outputSize(shape), shape.filters], (y) => {
      conv2dThreads(threads, heapNumbers(x!), heapNumbers(filter!), y, shape);
    });
  };
  return {
    Conv2D: (inputs, attributes) => isPlain(attributes) ? forward(inputs, attributes) : null,
    FusedConv2D: (inputs, attributes) => {
      const { bias, preluActivationWeights } = inputs;
      const fused = bias || preluActivationWeights || attributes["activation"] !== "linear";
      return isPlain(attributes) && !fused ? forward(inputs, attributes) : null;
    },
    Conv2DBackpropInput: ({ dy, filter }, attributes) => {
      if (!isPlain(attributes)) return null;
      const inputShape = attributes["inputShape"] as number[];
      return output(inputShape, (dx) => {
        const shape = shapeOf(inputShape, filter!.shape);
        conv2dInputGradThreads(threads, heapNumbers(dy!), heapNumbers(filter!), dx, shape);
      });
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes) => {
      if (!isPlain(attributes)) return null;
      const filterShape = attributes["filterShape"] as number[];
      return output(filterShape, (g) => {
        const shape = shapeOf(x!.shape, filterShape);
        conv2dFilterGradThreads(threads, heapNumbers(x!), heapNumbers(dy!), g, shape);
      });
    },
    BatchMatMul: ({ a, b }, { transposeA, transposeB }) =>
      transposeA && !transposeB ? weightGradient(threads, a!, b!) : null,
  };
}

/** aᵀ·b for a [..1, P, K] and b [..1, P, N], as of a dense layer's weights; null if it is batched. */
function weightGradient(
  threads: WasmThreads,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo | null {
  const lead = a.shape.slice(0, -2);
  if ([...lead, ...b.shape.slice(0, -2)].some((size) => size !== 1)) return null;
  const [width, channels] = a.shape.slice(-2) as [number, number];
  const filters = b.shape.at(-1)!;
  const shape = {
    ...{ batch: 1, height: 1, width, channels, filters, kernelHeight: 1, kernelWidth: 1 },
  };
  return output([...lead, channels, filters], (g) => {
    conv2dFilterGradThreads(threads, heapNumbers(a), heapNumbers(b), g, shape);
  });
}

/** Makes a tensor and has its numbers written; views taken before it is made may be stale. */
function output(shape: readonly number[], write: (numbers: Float32Array) => void): tf.TensorInfo {
  const info = heapTensor(shape);
  write(heapNumbers(info));
  return info;
}

/** Stride 1, no padding, no dilation, channels last. */
function isPlain({ strides, pad, dataFormat, dilations }: tf.NamedAttrMap): boolean {
  const ones = (value: unknown) => [value ?? 1].flat().every((one) => one === 1);
  return ones(strides) && ones(dilations) && (pad === "valid" || pad === 0) &&
    (dataFormat ?? "NHWC") === "NHWC";
}

function shapeOf(x: readonly number[], filter: readonly number[]): Conv2dShape {
  const [batch, height, width, channels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , filters] = filter as [number, number, number, number];
  return { batch, height, width, channels, filters, kernelHeight, kernelWidth };
}
