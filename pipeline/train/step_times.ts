/** What the steps of an epoch cost, on the host and on the device. */

import { DeviceClock } from "../../kernels/webgpu/device_clock.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";

/** Times of a step: medians over those of an epoch, in milliseconds. */
export interface StepTimes {
  /**
   * From the call to where commands have been handed over; on WebAssembly that is all of it. A software adapter
   * works on commands while they are handed over: its share is taken off.
   */
  readonly host: number;
  /** What the device took over the commands; null without a device that tells. */
  readonly device: number | null;
}

/** Measures every step's time on the host, and as many on the device as can be read back meanwhile. */
export class StepWatch implements Disposable {
  readonly #gpu: Gpu | null;
  readonly #clock: DeviceClock | null;
  readonly #host: number[] = [];
  readonly #device: number[] = [];
  /** Of the step at hand so far. */
  #spent: number | null = null;
  #reading: Promise<void> | null = null;

  constructor(gpu: Gpu | null) {
    this.#gpu = gpu;
    this.#clock = gpu && DeviceClock.of(gpu);
  }

  /** Does a part of the step at hand. */
  during<T>(work: () => T): T {
    const isFirst = this.#spent === null;
    if (isFirst && !this.#reading) this.#clock?.start();
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#spent = (this.#spent ?? 0) + performance.now() - start;
    }
  }

  end(): void {
    const spent = this.#spent ?? 0;
    this.#spent = null;
    const isWithin = this.#gpu?.isFallback ?? false;
    if (!isWithin) this.#host.push(spent);
    if (!this.#clock || this.#reading) return;
    this.#clock.stop();
    this.#reading = this.#clock.seconds()
      .then((seconds) => {
        this.#device.push(1000 * seconds);
        if (isWithin) this.#host.push(Math.max(0, spent - 1000 * seconds));
      })
      // Whoever trains hears of a device that fails.
      .catch(() => {})
      .finally(() => this.#reading = null);
  }

  /** The times of the steps since the last call; null if there were none. */
  async take(): Promise<StepTimes | null> {
    await this.#reading;
    const [host, device] = [this.#host, this.#device].map((times) => median(times.splice(0)));
    return host === null ? null : { host: host!, device: device! };
  }

  [Symbol.dispose](): void {
    this.#clock?.[Symbol.dispose]();
  }
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? null;
}
