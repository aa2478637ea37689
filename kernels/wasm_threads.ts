/**
 * Threads that compute on one shared WebAssembly memory, and the convolutions that they run.
 *
 * The caller's thread works too and waits for the others in place, so that a convolution is an ordinary
 * function. Threads take pieces of a job from a common counter: one that is slowed down takes fewer.
 *
 * @module
 */

import { CONTROL_BYTES, type ConvolutionJob, JobRunner, Slot, writeJob } from "./wasm_job.ts";

/** Bytes that are asked for at once. */
const PAGE = 65536;

/** More threads than this wait for memory more than for cores. */
const MOST_THREADS = 16;

/** Shared memory and the threads on it. Dispose it to end them. */
export class WasmThreads implements Disposable {
  readonly memory: WebAssembly.Memory;
  /** Threads that work, the caller's included. */
  readonly count: number;
  readonly #workers: readonly Worker[];
  readonly #runner: JobRunner;
  /** i32: see {@linkcode Slot}. */
  readonly #control: Int32Array<SharedArrayBuffer>;
  #top = CONTROL_BYTES;

  private constructor(memory: WebAssembly.Memory, workers: readonly Worker[]) {
    this.memory = memory;
    this.count = workers.length + 1;
    this.#workers = workers;
    this.#runner = new JobRunner(memory);
    this.#control = new Int32Array(memory.buffer as unknown as SharedArrayBuffer, 0, 64);
  }

  /** Starts `count` threads, the caller's included; by default one for every core. */
  static async start(
    count: number = Math.min(navigator.hardwareConcurrency, MOST_THREADS),
  ): Promise<WasmThreads> {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGE, shared: true });
    const url = new URL("./wasm_thread.ts", import.meta.url);
    const workers = Array.from({ length: count - 1 }, () => new Worker(url, { type: "module" }));
    await Promise.all(workers.map((worker) =>
      new Promise<void>((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(`A WebAssembly thread does not start: ${event.message}`));
        };
        worker.postMessage(memory);
      })
    ));
    return new WasmThreads(memory, workers);
  }

  /** Forgets what was allocated. */
  reset(): void {
    this.#top = CONTROL_BYTES;
  }

  /** Room for `length` numbers, aligned to vectors; undefined contents. Lasts until the next reset. */
  allocate(length: number): Float32Array {
    const start = this.#top;
    // Tiles read up to a few numbers beyond what they use.
    this.#top = Math.ceil((start + 4 * length + 64) / 64) * 64;
    const missing = this.#top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return new Float32Array(this.memory.buffer, start, length);
  }

  /** Runs a job in `chunks` pieces on all threads. */
  run(job: ConvolutionJob, chunks: number): void {
    const control = this.#control;
    writeJob(control, job);
    Atomics.store(control, Slot.next, 0);
    Atomics.store(control, Slot.chunks, chunks);
    Atomics.store(control, Slot.finished, 0);
    Atomics.add(control, Slot.generation, 1);
    Atomics.notify(control, Slot.generation);
    this.#runner.work();
    for (let finished = 0; finished < this.#workers.length;) {
      Atomics.wait(control, Slot.finished, finished);
      finished = Atomics.load(control, Slot.finished);
    }
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
