/** A shared memory for tests of kernels on threads. */

import type { SharedHeap } from "../../kernels/wasm/threads.ts";

/** Bytes of a page of WebAssembly. */
const PAGE = 65536;

/** Room one behind the other; nothing is given back. */
export class PlainHeap implements SharedHeap {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({
    initial: 1,
    maximum: PAGE,
    shared: true,
  });
  #top = 64;

  allocate(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes) / 64) * 64;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return address;
  }

  free(): void {}

  /** Room that holds `numbers`. */
  place(numbers: Float32Array): number {
    // What lies around is not a number, so that a kernel which uses it is found out.
    const address = this.allocate(numbers.byteLength + 64);
    const room = new Float32Array(this.memory.buffer, address, numbers.length + 16).fill(NaN);
    room.set(numbers);
    return address;
  }
}
