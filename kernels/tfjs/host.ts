/**
 * One device for tfjs and our kernels: tfjs tensors are bound to our kernels, and both record into the
 * same command encoder, so that they run in the order of the calls.
 *
 * tfjs's WebGPU backend has no public way in; the few internals that this needs are declared here and
 * nowhere else, for exactly the version that the lock file pins.
 */

import * as tf from "@tensorflow/tfjs-core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Gpu, PassHost } from "../webgpu/gpu.ts";
import type { Scratch } from "../webgpu/scratch.ts";
import { type Tape, tapedEncoder } from "../webgpu/tape.ts";

/** What tfjs keeps of a tensor. */
export interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  resource: GPUBuffer | null;
  /** Its numbers on the CPU, if they are there. */
  values: ArrayLike<number> | null;
  /** Whether its buffer is somebody else's, and stays when the tensor goes. */
  external?: boolean;
}

/** tfjs's pool of buffers, by their exact sizes. */
interface BufferPool {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  acquireBuffer(
    bytes: number,
    usage: GPUBufferUsageFlags,
    mapped?: boolean,
    reuse?: boolean,
  ): GPUBuffer;
  dispose(): void;
}

/** The internals of tfjs's backend that are used here (tfjs 4.22.0). */
interface Internals {
  bufferManager: BufferPool;
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  readonly commandQueueOwnedIds: WeakSet<tf.DataId>;
  commandEncoder: GPUCommandEncoder | null;
  /** Buffers that go back to the pool when what is recorded has been submitted. */
  uniformPendingDisposal: GPUBuffer[];
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: tf.DataId): void;
  memory(): { numBytesInGPU: number; numBytesAllocatedInGPU: number; unreliable: boolean };
  /** Reads a buffer back. */
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: tf.DataId): void;
}

/** tfjs submits after this many dispatches by default; the same for ours keeps memory alike. */
const DISPATCHES_PER_SUBMIT = 15;

/** Memory apart from all other, for a tape: what is recorded on it stays its own. */
export interface TapeMemory {
  readonly pool: BufferPool;
  readonly scratch: Scratch;
}

interface Recording {
  readonly tape: Tape;
  readonly changed: Set<TensorData>;
}

/** tfjs's WebGPU backend on a {@linkcode Gpu}'s device. One at a time. */
export class TfjsHost implements PassHost {
  /** The device that both share. */
  readonly gpu: Gpu;
  readonly #backend: Internals;
  /** Pools beside tfjs's own. */
  readonly #pools = new Set<BufferPool>();
  #recording: Recording | null = null;

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
    // tfjs uploads through memory that is mapped, and Deno first copies such memory out: on a card at 30 MB/s.
    internals.uploadToGPU = (dataId) => host.#upload(internals.tensorMap.get(dataId));
    internals.ensureCommandEncoderReady = () => {
      internals.commandEncoder ??= host.#encoder();
    };
    const submitQueue = internals.submitQueue.bind(backend);
    internals.submitQueue = () => {
      // The uniforms of a tape are read again whenever it is played.
      if (host.#recording) internals.uniformPendingDisposal = [];
      submitQueue();
    };
    internals.memory = () => host.#memory();
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

  /** A pool of buffers beside tfjs's own; {@linkcode closePool} destroys them. */
  openPool(): BufferPool {
    // The class is not exported.
    const Pool = this.#backend.bufferManager.constructor as new (device: GPUDevice) => BufferPool;
    const pool = new Pool(this.gpu.device);
    this.#pools.add(pool);
    return pool;
  }

  closePool(pool: BufferPool): void {
    this.submit();
    this.#pools.delete(pool);
    pool.dispose();
  }

  /**
   * Runs what records commands, and writes them on a tape as well. All buffers that it makes come from
   * `memory`, and the tensors that it leaves must stay as long as the tape.
   *
   * @returns The tensors that kernels have changed in place, as {@linkcode bindWritable} was told.
   */
  record(tape: Tape, { pool, scratch }: TapeMemory, run: () => void): Set<TensorData> {
    this.#flush();
    const backend = this.#backend;
    const ownPool = backend.bufferManager;
    const ownScratch = this.gpu.swapScratch(scratch);
    const changed = new Set<TensorData>();
    backend.bufferManager = pool;
    this.#recording = { tape, changed };
    try {
      run();
    } finally {
      this.#flush();
      this.#recording = null;
      backend.bufferManager = ownPool;
      this.gpu.swapScratch(ownScratch);
    }
    return changed;
  }

  /** Leaves a tensor's buffer to the tape that it was recorded on: disposing the tensor keeps it. */
  leave(tensor: tf.TensorInfo): void {
    this.#backend.tensorMap.get(tensor.dataId).external = true;
  }

  /** Replaces a tensor's numbers after everything that has been recorded. */
  write(tensor: tf.TensorInfo, numbers: Float32Array<ArrayBuffer>): void {
    const buffer = this.bindWritable(tensor);
    this.submit();
    this.gpu.device.queue.writeBuffer(buffer, 0, numbers);
  }

  /** A new tensor with the numbers of another one as they are at this point of what is recorded. */
  copy(tensor: tf.Tensor): tf.Tensor {
    const copy = this.tensor(tensor.shape, tensor.dtype);
    const [from, to] = [this.bind(tensor), this.bind(copy)];
    this.copies().copyBufferToBuffer(from, 0, to, 0, from.size);
    return copy;
  }

  /** The tensor's buffer, uploaded if it is not on the device yet. Borrowed from the tensor. */
  bind(tensor: tf.TensorInfo): GPUBuffer {
    this.#backend.uploadToGPU(tensor.dataId);
    this.#backend.commandQueueOwnedIds.add(tensor.dataId);
    return this.#backend.tensorMap.get(tensor.dataId).resource!;
  }

  /** The buffers of tensors by their names. */
  bindAll<Name extends string>(tensors: Record<Name, tf.TensorInfo>): Record<Name, GPUBuffer> {
    const bound = Object.entries<tf.TensorInfo>(tensors)
      .map(([name, tensor]) => [name, this.bind(tensor)]);
    return Object.fromEntries(bound) as Record<Name, GPUBuffer>;
  }

  /** As {@linkcode bind}, for a tensor that a kernel changes in place: tfjs forgets its CPU copy. */
  bindWritable(tensor: tf.TensorInfo): GPUBuffer {
    const buffer = this.bind(tensor);
    const data = this.#backend.tensorMap.get(tensor.dataId);
    data.values = null;
    this.#recording?.changed.add(data);
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

  /** Submits, even if nothing is recorded, so that the buffers of tensors that are gone return to their pool. */
  #flush(): void {
    this.#backend.ensureCommandEncoderReady();
    this.submit();
  }

  #encoder(): GPUCommandEncoder {
    const encoder = this.gpu.device.createCommandEncoder({ label: "tfjs" });
    return this.#recording ? tapedEncoder(encoder, this.#recording.tape) : encoder;
  }

  /** Gives a tensor a buffer, and the buffer its numbers if they are on the CPU. */
  #upload(data: TensorData): void {
    if (data.resource) return;
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    // tfjs's own numbers on the device have four bytes each.
    const bytes = 4 * data.shape.reduce((size, side) => size * side, 1);
    const { bufferManager } = this.#backend;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    // A tape does not upload again, so nobody may have the buffer before or after.
    const isTaped = this.#recording !== null && data.values != null;
    // What the pool gives out is in no command that has not been submitted, so it can be written to now.
    data.resource = bufferManager.acquireBuffer(bytes, usage, false, !isTaped);
    if (!data.values) return;
    if (isTaped) data.external = true;
    const { queue } = this.gpu.device;
    if (data.dtype === "float32") {
      queue.writeBuffer(data.resource, 0, new Float32Array(data.values));
    } else queue.writeBuffer(data.resource, 0, new Int32Array(data.values));
    data.values = null;
  }

  #memory(): ReturnType<Internals["memory"]> {
    const pools = [this.#backend.bufferManager, ...this.#pools];
    const sum = (bytes: (pool: BufferPool) => number) =>
      pools.reduce((all, pool) => all + bytes(pool), 0);
    return {
      numBytesInGPU: sum(({ numBytesUsed }) => numBytesUsed),
      numBytesAllocatedInGPU: sum(({ numBytesAllocated }) => numBytesAllocated),
      unreliable: false,
    };
  }
}
