/**
 * Threads that compute on one shared WebAssembly memory.
 *
 * The caller's thread works too and waits for the others in place, so that a job is an ordinary function
 * call. Threads take pieces of a job from a common counter: one that is slowed down takes fewer.
 */

import { CONTROL_BYTES, type Job, JobRunner } from "./job.ts";
import type { ThreadStart } from "./thread.ts";

/** Addresses of what an operation reads, and of what it writes. */
export type Operands = readonly [a: number, b: number, out: number];

/** A shared memory in which room can be had; addresses are in bytes and multiples of 8. */
export interface SharedHeap {
  /** The memory; it may grow. */
  readonly memory: WebAssembly.Memory;
  /** Room for `bytes`, with undefined contents. */
  allocate(bytes: number): number;
  /** Gives room back. */
  free(address: number): void;
}

/** Threads that are started unless more are asked for: each job waits for the slowest of them. */
const USUAL_THREADS = 16;

/** Kernels read up to a tile beyond what they use. */
const SLACK = 64;

/** Threads on a shared memory. Dispose it to end them and give back what they hold. */
export class WasmThreads implements Disposable {
  /** Threads that work, the caller's included. */
  readonly count: number;
  readonly #heap: SharedHeap;
  readonly #workers: readonly Worker[];
  readonly #runner: JobRunner;
  readonly #control: number;
  readonly #scratch = new Map<string, { address: number; bytes: number }>();

  private constructor(
    heap: SharedHeap,
    control: number,
    runner: JobRunner,
    workers: readonly Worker[],
  ) {
    this.#heap = heap;
    this.#control = control;
    this.#runner = runner;
    this.#workers = workers;
    this.count = workers.length + 1;
  }

  /** Starts `count` threads, the caller's included; by default one for every core, 16 at most. */
  static async start(
    heap: SharedHeap,
    count: number = Math.min(navigator.hardwareConcurrency, USUAL_THREADS),
  ): Promise<WasmThreads> {
    const control = heap.allocate(CONTROL_BYTES);
    const runner = new JobRunner(heap.memory, control, 0);
    runner.clear();
    const url = new URL("./thread.ts", import.meta.url);
    const workers = Array.from({ length: count - 1 }, () => new Worker(url, { type: "module" }));
    await Promise.all(workers.map((worker, index) =>
      new Promise<void>((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`A WebAssembly thread does not start: ${event.message}`));
        };
        const start: ThreadStart = { memory: heap.memory, control, thread: index + 1 };
        worker.postMessage(start);
      })
    ));
    return new WasmThreads(heap, control, runner, workers);
  }

  /**
   * Where at least `bytes` lie for what a kernel needs only while it runs; contents are undefined. Two
   * at once need two slots.
   */
  scratch(slot: string, bytes: number): number {
    const known = this.#scratch.get(slot);
    if (known && known.bytes >= bytes) return known.address;
    if (known) this.#heap.free(known.address);
    const address = this.#heap.allocate(bytes + SLACK);
    this.#scratch.set(slot, { address, bytes });
    return address;
  }

  /** The f32 at an address. */
  numbers(address: number, length: number): Float32Array {
    return new Float32Array(this.#heap.memory.buffer, address, length);
  }

  /** The f64 at an address. */
  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.#heap.memory.buffer, address, length);
  }

  /** The u32 at an address. */
  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#heap.memory.buffer, address, length);
  }

  /** Runs a job on all threads and waits for it. */
  run(job: Job): void {
    this.#runner.run(job, this.#workers.length);
  }

  /** Ends the threads and gives back what they hold. */
  [Symbol.dispose](): void {
    this.#runner.stop(this.#workers.length);
    for (const worker of this.#workers) worker.terminate();
    for (const { address } of this.#scratch.values()) this.#heap.free(address);
    this.#heap.free(this.#control);
  }
}
