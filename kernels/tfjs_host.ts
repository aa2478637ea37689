/**
 * One device for tfjs and our kernels: tfjs tensors are bound to our kernels, and both record into the
 * same command encoder, so that they run in the order of the calls.
 *
 * tfjs's WebGPU backend has no public way in; the few internals that this needs are declared here and
 * nowhere else, for exactly the version that the lock file pins.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Gpu, PassHost } from "./gpu.ts";

/** What tfjs keeps of a tensor. */
interface TensorData {
  resource: GPUBuffer | null;
  values: unknown;
}

/** The internals of tfjs's backend that are used here (tfjs 4.22.0). */
interface Internals {
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  readonly commandQueueOwnedIds: WeakSet<tf.DataId>;
  readonly commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: tf.DataId): void;
  /** Reads a buffer back. */
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId): void;
}

/** tfjs submits after this many dispatches by default; the same for ours keeps memory alike. */
const DISPATCHES_PER_SUBMIT = 15;

/** tfjs's WebGPU backend on a {@linkcode Gpu}'s device. One at a time. */
export class TfjsHost implements PassHost {
  /** The device that both share. */
  readonly gpu: Gpu;
  readonly #backend: Internals;

  private constructor(gpu: Gpu, backend: Internals) {
    this.gpu = gpu;
    this.#backend = backend;
  }

  /** Makes `gpu` the device of tfjs's backend "webgpu" and selects it. */
  static async attach(gpu: Gpu): Promise<TfjsHost> {
    // The stock registration asks for features wrongly and raises no limit for storage buffers.
    if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
    const backend = new WebGPUBackend(gpu.device, gpu.info);
    tf.registerBackend("webgpu", () => backend, 3);
    await tf.setBackend("webgpu");
    // Small tensors answered on the CPU would split one computation between two number formats.
    tf.env().set("WEBGPU_CPU_FORWARD", false);
    const internals = backend as unknown as Internals;
    // tfjs hears neither of refused commands nor of a lost device, and would take what is in the buffer.
    const readBack = internals.getBufferData.bind(backend);
    internals.getBufferData = (buffer) => gpu.answer(readBack(buffer));
    const host = new TfjsHost(gpu, internals);
    gpu.host = host;
    return host;
  }

  /** The host that was attached to a device, or null if tfjs is not on it. */
  static of(gpu: Gpu | null): TfjsHost | null {
    return gpu?.host instanceof TfjsHost ? gpu.host : null;
  }

  pass(): GPUComputePassEncoder {
    const backend = this.#backend;
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
    return backend.computePassEncoder;
  }

  copies(): GPUCommandEncoder {
    this.#backend.ensureCommandEncoderReady();
    this.#backend.endComputePassEncoder();
    return this.#backend.commandEncoder!;
  }

  dispatched(): void {
    if (++this.#backend.dispatchCountInPass >= DISPATCHES_PER_SUBMIT) this.submit();
  }

  submit(): void {
    if (!this.#backend.commandEncoder) return;
    this.#backend.endComputePassEncoder();
    this.#backend.submitQueue();
  }

  /** The tensor's buffer, uploaded if it is not on the device yet. Borrowed from the tensor. */
  bind(tensor: tf.TensorInfo): GPUBuffer {
    this.#backend.uploadToGPU(tensor.dataId);
    this.#backend.commandQueueOwnedIds.add(tensor.dataId);
    return this.#backend.tensorMap.get(tensor.dataId).resource!;
  }

  /** As {@linkcode bind}, for a tensor that a kernel changes in place: tfjs forgets its CPU copy. */
  bindWritable(tensor: tf.TensorInfo): GPUBuffer {
    const buffer = this.bind(tensor);
    this.#backend.tensorMap.get(tensor.dataId).values = null;
    return buffer;
  }

  /** A new tensor for a kernel to write; a kernel function returns it to tfjs, which owns it then. */
  output(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.#backend.makeTensorInfo(shape, dtype);
  }

  /** Releases a tensor made by {@linkcode output} that does not go on to tfjs. */
  release(tensor: tf.TensorInfo): void {
    this.#backend.disposeData(tensor.dataId);
  }

  /** A new tensor for a kernel to write outside of tfjs's kernel functions. The caller disposes it. */
  tensor(shape: number[], dtype: tf.DataType = "float32"): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.output(shape, dtype));
  }
}
