/**
 * Our convolutions on threads under tfjs's operations on WebAssembly. What they do not cover (strides,
 * padding, a bias, an activation) goes on to tfjs's own kernels.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { outputSize } from "./conv2d.ts";
import {
  conv2dFilterGradThreads,
  conv2dInputGradThreads,
  conv2dThreads,
} from "./cpu/conv2d_threads.ts";
import {
  convolutionShape,
  isAlone,
  isPlain,
  isSingle,
  type OwnKernel,
  replaceKernel,
  withOwn,
} from "./tfjs_convolution.ts";
import { heapAddress, heapExports, heapMemory, heapNumbers, heapTensor } from "./tfjs_wasm_heap.ts";
import type { WasmThreads } from "./wasm_threads.ts";
import denseBinary from "./wat/dense.wasm" with { type: "bytes" };

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
    replaceKernel(withOwn(stock, own));
  }
  return () => before.forEach(replaceKernel);
}

function ownKernels(threads: WasmThreads): Record<string, OwnKernel> {
  const forward: OwnKernel = ({ x, filter }) => {
    const shape = convolutionShape(x!.shape, filter!.shape);
    return output([shape.batch, ...outputSize(shape), shape.filters], (y) => {
      conv2dThreads(threads, heapNumbers(x!), heapNumbers(filter!), y, shape);
    });
  };
  return {
    Conv2D: (inputs, attributes) => isPlain(attributes) ? forward(inputs, attributes) : null,
    FusedConv2D: (inputs, attributes) =>
      isPlain(attributes) && isAlone(inputs, attributes) ? forward(inputs, attributes) : null,
    Conv2DBackpropInput: ({ dy, filter }, attributes) => {
      if (!isPlain(attributes)) return null;
      const inputShape = attributes["inputShape"] as number[];
      return output(inputShape, (dx) => {
        const shape = convolutionShape(inputShape, filter!.shape);
        conv2dInputGradThreads(threads, heapNumbers(dy!), heapNumbers(filter!), dx, shape);
      });
    },
    Conv2DBackpropFilter: ({ x, dy }, attributes) => {
      if (!isPlain(attributes)) return null;
      const filterShape = attributes["filterShape"] as number[];
      return output(filterShape, (g) => {
        const shape = convolutionShape(x!.shape, filterShape);
        conv2dFilterGradThreads(threads, heapNumbers(x!), heapNumbers(dy!), g, shape);
      });
    },
    BatchMatMul: ({ a, b }, { transposeA, transposeB }) => {
      if (!isSingle(a!, b!)) return null;
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
  if (heapMemory() === null || outputs % 4 !== 0) return null;
  const dx = heapTensor([...dy.shape.slice(0, -2), rows, inputs]);
  const { dense_input_grad } = heapExports<{ dense_input_grad(...numbers: number[]): void }>(
    denseBinary,
  );
  dense_input_grad(...[dy, w, dx].map(heapAddress), rows, inputs, outputs);
  return dx;
}

/** Makes a tensor and has its numbers written; views taken before it is made may be stale. */
function output(shape: readonly number[], write: (numbers: Float32Array) => void): tf.TensorInfo {
  const info = heapTensor(shape);
  write(heapNumbers(info));
  return info;
}
