/** The memory in which tfjs's backend "wasm" keeps its tensors, for kernels of ours that work in it. */

import * as tf from "@tensorflow/tfjs-core";
import type { SharedHeap } from "../../wasm/threads.ts";

/** The parts of tfjs's backend that are used (tfjs 4.22.0). */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  getMemoryOffset(dataId: tf.DataId): number;
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
}

function backend(): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** The memory of tfjs's backend "wasm", which must be in use, to be shared with threads. */
export function tfjsHeap(): SharedHeap {
  const { wasm } = backend();
  return {
    memory: wasm.asm.memory,
    allocate: (bytes) => {
      // Above 2 GiB the address comes as a negative number.
      const address = wasm._malloc(bytes) >>> 0;
      if (address === 0) throw new RangeError(`WebAssembly has no room for ${bytes} bytes more`);
      return address;
    },
    free: (address) => wasm._free(address),
  };
}

/** Where a tensor's numbers begin, in bytes. */
export function heapAddress(info: tf.TensorInfo): number {
  return backend().getMemoryOffset(info.dataId);
}

/** A tensor's numbers as they lie in the memory; good until more of it is asked for. */
export function heapNumbers(info: tf.TensorInfo): Float32Array {
  const size = info.shape.reduce((product, side) => product * side, 1);
  return new Float32Array(backend().wasm.asm.memory.buffer, heapAddress(info), size);
}

/** Makes a tensor with undefined contents, which the engine does not know yet. */
export function heapTensor(shape: readonly number[]): tf.TensorInfo {
  return backend().makeOutput(shape, "float32");
}

/** Gives a tensor made here to the engine, which disposes it like any other. */
export function adopt(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}
