/**
 * The GPU as the kernels see it: one device, buffers that are counted, kernels that are dispatched.
 *
 * Ownership: whoever creates a buffer destroys it; functions borrow the buffers they are given; a
 * function that returns a buffer hands it over and says so.
 */

import { DeviceWatch } from "./device_loss.ts";
import { noteDevice } from "./device_work.ts";
import { noteWork } from "./dispatch_work.ts";
import { filledTexture, storageBuffer } from "./device_memory.ts";
import { type Binding, type Kernel, withDeclarations } from "./kernel.ts";
import { OwnPasses, type PassHost } from "./passes.ts";
import { Scratch } from "./scratch.ts";
import { Uniforms } from "./uniforms.ts";

export { DeviceLost } from "./device_loss.ts";
export type { Binding, Kernel } from "./kernel.ts";
export type { PassHost } from "./passes.ts";

/**
 * A WebGPU device with its compiled kernels. Dispose it to release the device and its buffers.
 *
 * @example A kernel that doubles numbers
 * ```ts
 * import { Gpu } from "@attparsenet/attparsenet";
 *
 * using gpu = await Gpu.open();
 * if (gpu) {
 *   const source = `
 *     @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
 *     @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
 *       numbers[id.x] = 2 * numbers[id.x];
 *     }`;
 *   const numbers = gpu.upload(Float32Array.of(1, 2, 3, 4));
 *   gpu.dispatch({ label: "double", source }, [numbers], [1]);
 *   console.log(new Float32Array(await gpu.read(numbers)));
 * }
 * ```
 */
export class Gpu implements Disposable {
  /** The device; shared with tfjs when training. */
  readonly device: GPUDevice;
  /** What the adapter says of itself. */
  readonly info: GPUAdapterInfo;
  /** Whether the adapter is software: big register tiles win there, workgroup memory loses. */
  readonly isFallback: boolean;
  /** Who records the dispatches. */
  host: PassHost;
  /** Bytes of a buffer that a kernel can be given at once; kernels take larger batches by parts. */
  bindingLimit: number;
  /** Whether convolutions may round their factors to f16; needs the feature `shader-f16`. */
  halfPrecision = false;

  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #buffers = new Set<GPUBuffer | GPUTexture>();
  readonly #uniforms: Uniforms;
  #scratch: Scratch;
  readonly #watch: DeviceWatch;
  #error: Error | null = null;

  /** Wraps a device that exists; use {@linkcode Gpu.open} to make one. */
  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    this.device = device;
    this.info = info;
    this.isFallback = info.isFallbackAdapter;
    this.host = new OwnPasses(device);
    this.#uniforms = new Uniforms(device);
    this.#scratch = new Scratch(device);
    this.#watch = new DeviceWatch(device);
    noteDevice(device);
    this.bindingLimit = device.limits.maxStorageBufferBindingSize;
    device.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      event.preventDefault();
      this.#error ??= new Error(`The GPU refused a command: ${error.message}`);
    });
  }

  /**
   * Opens the best adapter with all the storage limits and the features that the kernels can use.
   *
   * @returns The device, or null where there is no adapter.
   */
  static async open(): Promise<Gpu | null> {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return null;
    const wanted: GPUFeatureName[] = ["timestamp-query", "shader-f16"];
    const device = await adapter.requestDevice({
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
      requiredLimits: storageLimits(adapter.limits),
    });
    return new Gpu(device, adapter.info);
  }

  /** How many buffers and textures made here have not been destroyed. */
  get liveBuffers(): number {
    return this.#buffers.size;
  }

  /** Makes a storage buffer of `bytes` zero bytes (rounded up to 4). The caller owns it. */
  createBuffer(bytes: number, label = "storage"): GPUBuffer {
    const buffer = storageBuffer(this.device, Math.max(4, bytes), label);
    this.#buffers.add(buffer);
    return buffer;
  }

  /**
   * A buffer of at least `bytes` for what a kernel needs only until its own last dispatch; commands run
   * in order, so the next user of the slot finds it free. It belongs to the device and is not counted
   * as live. Contents are undefined. Two scratch buffers of one kernel need two slots.
   */
  scratch(slot: string, bytes: number): GPUBufferBinding {
    return this.#scratch.buffer(this.host, slot, bytes);
  }

  /**
   * Has kernels take their scratch memory from elsewhere. Returns where it was taken from before.
   *
   * @internal
   */
  swapScratch(scratch: Scratch): Scratch {
    const before = this.#scratch;
    this.#scratch = scratch;
    return before;
  }

  /** Releases the scratch buffers and textures, which are made anew when they are asked for. */
  releaseScratch(): void {
    this.#scratch.release(this.host);
  }

  /**
   * Records a copy of a buffer's first `count` texels, of four numbers each, into a texture that kernels
   * read as `texel.wgsl` says: in rows of `TEXEL_ROW` texels behind a row of zeros. On a software
   * adapter a texel costs a third of four numbers in a storage buffer, and the copy next to nothing.
   * Slots are as those of {@linkcode scratch}.
   *
   * @throws {TypeError} If the source is not a buffer.
   */
  scratchTexels(slot: string, source: Binding, count: number): GPUTextureView {
    if (source instanceof GPUTextureView) {
      throw new TypeError("Cannot copy texels: the source is a texture");
    }
    const buffer = source instanceof GPUBuffer ? { buffer: source } : source;
    return this.#scratch.texels(this.host, slot, buffer, count);
  }

  /**
   * A uniform buffer of u32 values for `var<uniform>`. Sizes that change from call to call go here, not
   * into constants, where compiling anew would cost more than it gains. The device keeps one for each
   * list of values; it is not counted as live.
   */
  uniforms(values: readonly number[]): GPUBuffer {
    return this.#uniforms.of(values);
  }

  /** Makes a storage buffer that holds `data`. The caller owns it. */
  upload(data: ArrayBufferView<ArrayBuffer>, label?: string): GPUBuffer {
    const buffer = this.createBuffer(data.byteLength, label);
    // Deno 2.9 panics on an empty write.
    if (data.byteLength > 0) {
      this.device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    }
    return buffer;
  }

  /**
   * Makes a texture of four numbers a texel for data that is only read, in rows of `width` texels; the
   * last row may be shorter. Its texels are what storage buffers cannot be on a software adapter:
   * cheap to fetch from an address that differs between invocations. The caller owns it.
   */
  uploadTexels(data: Float32Array<ArrayBufferLike>, width: number, label: string): GPUTexture {
    const texture = filledTexture(this.device, data, width, label);
    this.#buffers.add(texture);
    return texture;
  }

  /** Destroys buffers and textures made here. */
  destroy(...buffers: (GPUBuffer | GPUTexture)[]): void {
    for (const buffer of buffers) if (this.#buffers.delete(buffer)) buffer.destroy();
  }

  /**
   * Records one dispatch of a kernel.
   *
   * @param bindings Group 0: a list numbered from 0, or an object by number where some are unused.
   * @param workgroups Number of workgroups along x, y and z.
   */
  dispatch(
    kernel: Kernel,
    bindings: readonly Binding[] | Readonly<Record<number, Binding>>,
    workgroups: readonly number[],
  ): void {
    const pipeline = this.#pipeline(kernel);
    const entries = Object.entries(bindings).map(([binding, resource]) => ({
      binding: Number(binding),
      resource: resource instanceof GPUBuffer ? { buffer: resource } : resource,
    }));
    const layout = pipeline.getBindGroupLayout(0);
    const bindGroup = this.device.createBindGroup({ label: kernel.label, layout, entries });
    noteWork(bindGroup, kernel, Object.values(bindings));
    const pass = this.host.pass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(workgroups[0] ?? 1, workgroups[1] ?? 1, workgroups[2] ?? 1);
    this.host.dispatched();
  }

  /**
   * Waits for all recorded work and copies a buffer out. Costs about 11 ms in Deno however small the
   * buffer is: read rarely.
   *
   * @throws {Error} If the device refused a command since the last read.
   * @throws {DeviceLost} If the device is lost, or gets lost meanwhile.
   */
  async read(buffer: GPUBuffer, bytes: number = buffer.size): Promise<ArrayBuffer> {
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const size = Math.ceil(bytes / 4) * 4;
    const staging = this.device.createBuffer({ label: "read", size, usage: MAP_READ | COPY_DST });
    try {
      this.host.submit();
      const encoder = this.device.createCommandEncoder({ label: "read" });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
      this.device.queue.submit([encoder.finish()]);
      await this.answer(staging.mapAsync(GPUMapMode.READ));
      return staging.getMappedRange().slice(0, bytes);
    } finally {
      staging.destroy();
    }
  }

  /** What the device answers. Fails as {@linkcode Gpu.read} does. */
  async answer<T>(work: Promise<T>): Promise<T> {
    try {
      const answer = await this.#watch.answer(work);
      this.check();
      return answer;
    } catch (error) {
      throw await this.causeOf(error);
    }
  }

  /** The loss of the device as a {@linkcode DeviceLost}, if that is behind a failure; else the failure. */
  async causeOf(error: unknown): Promise<unknown> {
    return await this.#watch.causeOf(error);
  }

  /** Whether the device is known to be lost. */
  get isLost(): boolean {
    return this.#watch.isLost;
  }

  /** Throws if the device is lost, or else the first error that it has reported since the last check. */
  check(): void {
    this.#watch.check();
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
  }

  /** Releases the device and every buffer made here. */
  [Symbol.dispose](): void {
    this.destroy(...this.#buffers);
    this.#scratch[Symbol.dispose]();
    this.#uniforms[Symbol.dispose]();
    this.device.destroy();
  }

  #pipeline(kernel: Kernel): GPUComputePipeline {
    const code = withDeclarations(kernel);
    const entryPoint = kernel.entry ?? "main";
    const key = `${entryPoint}\n${code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const module = this.device.createShaderModule({ label: kernel.label, code });
    const pipeline = this.device.createComputePipeline({
      label: kernel.label,
      layout: "auto",
      compute: { module, entryPoint },
    });
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }
}

/** The limits that decide how much a kernel may bind, to be set to what the adapter has. */
const STORAGE_LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  // The smaller, the fewer images a part of a batch must have to begin where it can be bound.
  "minStorageBufferOffsetAlignment",
] as const;

function storageLimits(limits: GPUSupportedLimits): Record<string, number> {
  return Object.fromEntries(STORAGE_LIMITS.map((name) => [name, limits[name]]));
}
