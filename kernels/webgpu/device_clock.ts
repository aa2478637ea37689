/** How long a device takes over what is recorded between two marks, without waiting for it. */

import type { Gpu } from "./gpu.ts";

/** Timestamps count nanoseconds; a driver that counted otherwise would change no comparison. */
const NANOSECOND = 1e-9;

/** Measures one stretch of commands at a time. Dispose it to release its buffers. */
export class DeviceClock implements Disposable {
  readonly #gpu: Gpu;
  readonly #times: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #readable: GPUBuffer;

  private constructor(gpu: Gpu) {
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const { device } = gpu;
    this.#gpu = gpu;
    this.#times = device.createQuerySet({ label: "clock", type: "timestamp", count: 2 });
    this.#resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
    this.#readable = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
  }

  /** A clock, or null where the device has no timestamps. */
  static of(gpu: Gpu): DeviceClock | null {
    return gpu.device.features.has("timestamp-query") ? new DeviceClock(gpu) : null;
  }

  start(): void {
    this.#stamp({ querySet: this.#times, beginningOfPassWriteIndex: 0 });
  }

  stop(): void {
    this.#stamp({ querySet: this.#times, endOfPassWriteIndex: 1 });
    const encoder = this.#gpu.host.copies();
    encoder.resolveQuerySet(this.#times, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readable, 0, 16);
  }

  /** Seconds from one mark to the other, when the device has got there. */
  async seconds(): Promise<number> {
    this.#gpu.host.submit();
    await this.#gpu.answer(this.#readable.mapAsync(GPUMapMode.READ));
    const [start, end] = new BigUint64Array(this.#readable.getMappedRange().slice(0));
    this.#readable.unmap();
    return Number(end! - start!) * NANOSECOND;
  }

  /** An empty pass that takes the time, so that what is measured may need several passes. */
  #stamp(timestampWrites: GPUComputePassTimestampWrites): void {
    this.#gpu.host.copies().beginComputePass({ label: "clock", timestampWrites }).end();
  }

  [Symbol.dispose](): void {
    for (const owned of [this.#times, this.#resolved, this.#readable]) owned.destroy();
  }
}
