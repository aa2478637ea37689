/**
 * The memory in which tfjs's backend "wasm" keeps its tensors, for kernels of ours that work in it.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";

/** The parts of tfjs's backend that are used. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: "float32"): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
  readonly wasm: { readonly asm?: { readonly memory?: WebAssembly.Memory } };
}

function backend(): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** The memory, or null where tfjs does not show it. */
export function heapMemory(): WebAssembly.Memory | null {
  return backend().wasm.asm?.memory ?? null;
}

/** By memory, since tfjs may start its backend anew, and by binary. */
const instances = new WeakMap<WebAssembly.Memory, Map<Uint8Array, WebAssembly.Exports>>();

/** What a module of ours exports that works in the memory, which must be there. */
export function heapExports<T>(binary: Uint8Array<ArrayBuffer>): T {
  const memory = heapMemory()!;
  const known = instances.get(memory) ?? new Map<Uint8Array, WebAssembly.Exports>();
  instances.set(memory, known);
  let exports = known.get(binary);
  if (!exports) {
    const module = new WebAssembly.Module(binary);
    exports = new WebAssembly.Instance(module, { heap: { memory } }).exports;
    known.set(binary, exports);
  }
  return exports as T;
}

/** A tensor's numbers as they lie in the memory; good until the next tensor is made. */
export function heapNumbers(info: tf.TensorInfo): Float32Array {
  return backend().typedArrayFromHeap(info);
}

/** Where a tensor's numbers begin, in bytes. */
export function heapAddress(info: tf.TensorInfo): number {
  return heapNumbers(info).byteOffset;
}

/** Makes a tensor with undefined contents, which the engine does not know yet. */
export function heapTensor(shape: readonly number[]): tf.TensorInfo {
  return backend().makeOutput(shape, "float32");
}

/** Gives a tensor made here to the engine, which disposes it like any other. */
export function adopt(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}
