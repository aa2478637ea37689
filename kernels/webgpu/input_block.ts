/** What changes from step to step, in one buffer that is written at once. */

import type { Gpu } from "./gpu.ts";

/** Named parts of one buffer, with memory on the CPU that is filled first. Dispose it to release the buffer. */
export class InputBlock<Name extends string> implements Disposable {
  readonly #gpu: Gpu;
  readonly #buffer: GPUBuffer;
  readonly #memory: ArrayBuffer;
  readonly #places = new Map<Name, { readonly offset: number; readonly size: number }>();

  /** @param sizes Bytes of each part, in their order. */
  constructor(gpu: Gpu, label: string, sizes: Readonly<Record<Name, number>>) {
    const up = (bytes: number, to: number) => Math.ceil(bytes / to) * to;
    const alignment = gpu.device.limits.minStorageBufferOffsetAlignment;
    let end = 0;
    for (const [name, bytes] of Object.entries(sizes) as [Name, number][]) {
      const offset = up(end, alignment);
      this.#places.set(name, { offset, size: up(bytes, 4) });
      end = offset + up(bytes, 4);
    }
    this.#gpu = gpu;
    this.#memory = new ArrayBuffer(end);
    this.#buffer = gpu.createBuffer(end, label);
  }

  /** A part of the buffer, to be bound. */
  binding(name: Name): GPUBufferBinding {
    return { buffer: this.#buffer, ...this.#places.get(name)! };
  }

  /** The bytes of a part, from its byte `at` on. */
  fill(name: Name, data: ArrayBufferView, at = 0): void {
    const { offset } = this.#places.get(name)!;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.#memory, offset + at, bytes.length).set(bytes);
  }

  /** Brings all parts to the device, after everything that has been recorded. */
  write(): void {
    this.#gpu.host.submit();
    this.#gpu.device.queue.writeBuffer(this.#buffer, 0, this.#memory);
  }

  [Symbol.dispose](): void {
    this.#gpu.destroy(this.#buffer);
  }
}
