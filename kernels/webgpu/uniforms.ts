/** Uniform values that a device keeps, since the same few sizes come again in every step. */

import { uniformBuffer } from "./device_memory.ts";

/** Keeps one buffer for each list of values. */
export class Uniforms implements Disposable {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The uniform buffer that holds these u32 values; nobody writes it again. */
  of(values: readonly number[]): GPUBuffer {
    const key = values.join();
    const known = this.#buffers.get(key);
    if (known) return known;
    const buffer = uniformBuffer(this.#device, values);
    this.#buffers.set(key, buffer);
    return buffer;
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
  }
}
