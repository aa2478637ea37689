/**
 * A device that goes away while it works: unplugged, reset by its driver, or taken by the system.
 *
 * Deno then refuses commands with words about buffers and validation, lets some read-backs succeed with
 * whatever was in the buffer, and tells of the loss itself only afterwards.
 */

import { setTimeout } from "node:timers/promises";

/** The device is gone, with everything on it. */
export class DeviceLost extends Error {
  override readonly name = "DeviceLost";

  constructor({ reason, message }: Pick<GPUDeviceLostInfo, "reason" | "message">) {
    super(`The GPU was lost (${reason}: ${message})`);
  }
}

/** A loss is told this long after the failures that it causes at most, in milliseconds. */
const TOLD_WITHIN = 100;
const LOOK_EVERY = 10;

/** Sees to it that nobody waits for a lost device, or takes what it says for an answer. */
export class DeviceWatch {
  /** Rejects those who wait. Not `Promise.race`, which would keep every answer until the device ends. */
  readonly #waiting = new Set<(loss: DeviceLost) => void>();
  #loss: DeviceLost | null = null;

  constructor(device: GPUDevice) {
    device.lost.then((info) => {
      const loss = new DeviceLost(info);
      this.#loss = loss;
      for (const reject of this.#waiting) reject(loss);
    });
  }

  get isLost(): boolean {
    return this.#loss !== null;
  }

  /** Throws if the device is lost. */
  check(): void {
    if (this.#loss) throw this.#loss;
  }

  /** What the device answers; rejects when it is lost, whether it still answers or not. */
  async answer<T>(work: Promise<T>): Promise<T> {
    const lost = Promise.withResolvers<never>();
    this.#waiting.add(lost.reject);
    try {
      const answer = await Promise.race([work, lost.promise]);
      this.check();
      return answer;
    } finally {
      this.#waiting.delete(lost.reject);
    }
  }

  /** The loss of the device, if that is behind a failure that does not say so; else the failure itself. */
  async causeOf(error: unknown): Promise<unknown> {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof DeviceLost) return error;
    }
    for (let waited = 0; !this.#loss && waited < TOLD_WITHIN; waited += LOOK_EVERY) {
      await setTimeout(LOOK_EVERY);
    }
    return this.#loss ?? error;
  }
}
