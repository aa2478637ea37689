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
import { heapAddress, heapMemory, heapNumbers, heapTensor } from "./tfjs_wasm_heap.ts";
import type { WasmThreads } from "./wasm_threads.ts";
import denseBinary from "./wat/dense.wasm" with { type: "bytes" };

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
    BatchMatMul: ({ a, b }, { transposeA, transposeB }) => {
      if ([...a!.shape.slice(0, -2), ...b!.shape.slice(0, -2)].some((size) => size !== 1)) {
        return null;
      }
      if (transposeA && !transposeB) return weightGradient(threads, a!, b!);
      return transposeB && !transposeA ? inputGradient(a!, b!) : null;
    },
    // tfjs's own copies the numbers, here as on its other backends the copy shares them.
    Identity: ({ x }) => {
      tf.engine().backend.incRef(x!.dataId);
      return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
    },
  };
}

/** aᵀ·b for a [..1, P, K] and b [..1, P, N]: the gradient of a dense layer's weights. */
function weightGradient(
  threads: WasmThreads,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo {
  const lead = a.shape.slice(0, -2);
  const [width, channels] = a.shape.slice(-2) as [number, number];
  const filters = b.shape.at(-1)!;
  const shape = {
    ...{ batch: 1, height: 1, width, channels, filters, kernelHeight: 1, kernelWidth: 1 },
  };
  return output([...lead, channels, filters], (g) => {
    conv2dFilterGradThreads(threads, heapNumbers(a), heapNumbers(b), g, shape);
  });
}

/** dy·wᵀ for dy [..1, P, N] and w [..1, K, N]: the gradient of a dense layer's input. */
function inputGradient(dy: tf.TensorInfo, w: tf.TensorInfo): tf.TensorInfo | null {
  const [rows, outputs] = dy.shape.slice(-2) as [number, number];
  const inputs = w.shape.at(-2)!;
  const memory = heapMemory();
  if (memory === null || outputs % 4 !== 0) return null;
  const dx = heapTensor([...dy.shape.slice(0, -2), rows, inputs]);
  dense ??= new WebAssembly.Instance(new WebAssembly.Module(denseBinary), { heap: { memory } });
  const grad = dense.exports["dense_input_grad"] as (...numbers: number[]) => void;
  grad(...[dy, w, dx].map(heapAddress), rows, inputs, outputs);
  return dx;
}

/** tfjs's backend, and so its memory, lives as long as the process. */
let dense: WebAssembly.Instance | null = null;

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
