/**
 * Our kernels on threads under tfjs's operations on WebAssembly: convolution with both gradients, the
 * dense layer, max pooling. They compute where tfjs keeps its tensors. What they do not cover (strides,
 * padding, a bias, an activation) goes on to tfjs's own kernels.
 */

import * as tf from "@tensorflow/tfjs-core";
import { pooledSize } from "../../batch_norm_pool.ts";
import { addThreads } from "../../wasm/add.ts";
import {
  conv2dFilterGradThreads,
  conv2dInputGradThreads,
  conv2dThreads,
} from "../../wasm/conv2d.ts";
import { denseInputGradThreads, denseThreads, fitsDense } from "../../wasm/dense.ts";
import { maxPoolGradThreads, maxPoolThreads } from "../../wasm/max_pool.ts";
import { stridedCopyThreads } from "../../wasm/strided_copy.ts";
import type { MaxPoolShape } from "../../max_pool.ts";
import {
  addBias,
  convolutionKernels,
  isSingle,
  type KernelAttributes,
  type OwnKernel,
  poolShape,
  replaceKernel,
  withOwn,
} from "../convolution.ts";
import { viewKernels } from "../views.ts";
import { heapAddress, heapTensor } from "./heap.ts";
import type { WasmThreads } from "../../wasm/threads.ts";

/**
 * Puts our kernels under the operations of tfjs's backend "wasm", which must be in use.
 *
 * @param threads On tfjs's own memory.
 * @returns What takes them away again, to be called before the threads are disposed.
 */
export function useThreads(threads: WasmThreads): () => void {
  const before: tf.KernelConfig[] = [];
  const views = viewKernels((x, view, shape) =>
    output(shape, (y) => stridedCopyThreads(threads, heapAddress(x), y, view))
  );
  const own = {
    ...{ ...convolutions(threads), ...products(threads), ...pooling(threads) },
    ...{ ...sums(threads), ...views, ...COPIES },
  };
  for (const [kernelName, kernel] of Object.entries(own)) {
    const stock = tf.getKernel(kernelName, "wasm");
    if (!stock) throw new Error(`tfjs has no kernel ${kernelName} on wasm: is it another version?`);
    before.push(stock);
    replaceKernel(withOwn(stock, kernel));
  }
  return () => before.forEach(replaceKernel);
}

/** Makes a tensor and has it written. */
function output(shape: readonly number[], write: (address: number) => void): tf.TensorInfo {
  const info = heapTensor(shape);
  write(heapAddress(info));
  return info;
}

const CONVOLUTIONS = {
  conv2d: conv2dThreads,
  conv2dInputGrad: conv2dInputGradThreads,
  conv2dFilterGrad: conv2dFilterGradThreads,
};

function convolutions(threads: WasmThreads): Record<string, OwnKernel> {
  return convolutionKernels((operation, [a, b], shape, outputShape) =>
    output(outputShape, (out) => {
      CONVOLUTIONS[operation](threads, [heapAddress(a), heapAddress(b), out], shape);
    })
  );
}

/** Products of one matrix by one: a dense layer and its gradients. */
function products(threads: WasmThreads): Record<string, OwnKernel> {
  const product = (a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo | null => {
    const [rows, inputs] = a.shape.slice(-2) as [number, number];
    const shape = { rows, inputs, outputs: b.shape.at(-1)! };
    if (!fitsDense(shape)) return null;
    return output([...a.shape.slice(0, -1), shape.outputs], (y) => {
      denseThreads(threads, [heapAddress(a), heapAddress(b), y], shape);
    });
  };
  /** aᵀ·b for a [..1, P, K] and b [..1, P, N]: the gradient of a dense layer's weights. */
  const weightGrad = (a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo => {
    const [width, channels] = a.shape.slice(-2) as [number, number];
    const filters = b.shape.at(-1)!;
    const ones = { batch: 1, height: 1, kernelHeight: 1, kernelWidth: 1 };
    return output([...a.shape.slice(0, -2), channels, filters], (g) => {
      const shape = { ...ones, width, channels, filters };
      conv2dFilterGradThreads(threads, [heapAddress(a), heapAddress(b), g], shape);
    });
  };
  /** dy·wᵀ for dy [..1, P, N] and w [..1, K, N]: the gradient of a dense layer's input. */
  const inputGrad = (dy: tf.TensorInfo, w: tf.TensorInfo): tf.TensorInfo | null => {
    const [rows, outputs] = dy.shape.slice(-2) as [number, number];
    const shape = { rows, inputs: w.shape.at(-2)!, outputs };
    if (!fitsDense(shape)) return null;
    return output([...dy.shape.slice(0, -1), shape.inputs], (dx) => {
      denseInputGradThreads(threads, [heapAddress(dy), heapAddress(w), dx], shape);
    });
  };
  return {
    BatchMatMul: ({ a, b }, { transposeA, transposeB }) => {
      if (!isSingle(a!, b!) || (transposeA && transposeB)) return null;
      if (transposeA) return weightGrad(a!, b!);
      return transposeB ? inputGrad(a!, b!) : product(a!, b!);
    },
    _FusedMatMul: ({ a, b, bias, preluActivationWeights }, attributes) => {
      const { transposeA, transposeB, activation } = attributes;
      const isDense = isSingle(a!, b!) && !transposeA && !transposeB;
      if (!isDense || preluActivationWeights || activation !== "linear") return null;
      const y = product(a!, b!);
      return y && bias ? addBias(y, bias) : y;
    },
  };
}

/** Of fewer numbers, waking the threads takes longer than tfjs takes to add them. */
const LEAST_SUMS = 2 ** 14;

/** Sums of two tensors of a shape, or of one and each item of another, by fours. */
function sums(threads: WasmThreads): Record<string, OwnKernel> {
  const isSuffix = (inner: readonly number[], outer: readonly number[]) =>
    inner.length <= outer.length && inner.every((side, i) => side === outer.at(i - inner.length));
  return {
    Add: ({ a, b }) => {
      const sizes = { a: tf.util.sizeFromShape(a!.shape), b: tf.util.sizeFromShape(b!.shape) };
      const fits = isSuffix(b!.shape, a!.shape) && sizes.b % 4 === 0 && sizes.a >= LEAST_SUMS &&
        [a!, b!].every(({ dtype }) => dtype === "float32");
      if (!fits) return null;
      const [addressA, addressB] = [a!, b!].map(heapAddress) as [number, number];
      return output(a!.shape, (y) => addThreads(threads, { a: addressA, b: addressB, y }, sizes));
    },
  };
}

function pooling(threads: WasmThreads): Record<string, OwnKernel> {
  return {
    MaxPool: ({ x }, attributes) => {
      const shape = poolOnThreads(x!, attributes);
      if (!shape) return null;
      const { batch, channels } = shape;
      const pooled = [batch, ...pooledSize(shape), channels];
      return output(pooled, (y) => maxPoolThreads(threads, heapAddress(x!), y, shape));
    },
    MaxPoolGrad: ({ input, output: y, dy }, attributes) => {
      const shape = poolOnThreads(input!, attributes);
      if (!shape) return null;
      return output(input!.shape, (dx) => {
        const [x, result, grad] = [input!, y!, dy!].map(heapAddress) as [number, number, number];
        maxPoolGradThreads(threads, { x, y: result, dy: grad, dx }, shape);
      });
    },
  };
}

/** The sizes of a pool over channels by fours; null for any other. */
function poolOnThreads(x: tf.TensorInfo, attributes: KernelAttributes): MaxPoolShape | null {
  const shape = poolShape(x, attributes);
  return shape && shape.channels % 4 === 0 ? shape : null;
}

/** The same tensor once more: the numbers are shared, as on tfjs's other backends. */
function share(x: tf.TensorInfo): tf.TensorInfo {
  tf.engine().backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** tfjs's own copy the numbers even where nothing changes. */
const COPIES: Record<string, OwnKernel> = {
  Identity: ({ x }) => share(x!),
  Cast: ({ x }, { dtype }) => x!.dtype === dtype ? share(x!) : null,
};
