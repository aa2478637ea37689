/**
 * A job for the threads of `wasm/threads.ts`: how it is written into the shared memory, and how a thread
 * works on it.
 *
 * A job is a function of one of our WebAssembly modules, its numbers, and a count of items that are cut
 * into pieces. Every piece is one call: after the job's own numbers come the first item, the one behind
 * the last, the number of the piece, and the number of the thread. Functions that need fewer declare
 * fewer.
 */

import adamWStep from "./binaries/adamw_step.wasm" with { type: "bytes" };
import addition from "./binaries/add.wasm" with { type: "bytes" };
import batchNorm from "./binaries/batch_norm.wasm" with { type: "bytes" };
import conv2d from "./binaries/conv2d.wasm" with { type: "bytes" };
import dense from "./binaries/dense.wasm" with { type: "bytes" };
import jointLoss from "./binaries/joint_loss.wasm" with { type: "bytes" };
import maxPool from "./binaries/max_pool.wasm" with { type: "bytes" };
import sgdStep from "./binaries/sgd_step.wasm" with { type: "bytes" };
import squareSums from "./binaries/square_sums.wasm" with { type: "bytes" };
import stridedCopy from "./binaries/strided_copy.wasm" with { type: "bytes" };
import winograd from "./binaries/winograd.wasm" with { type: "bytes" };

const MODULES = [
  ...[
    adamWStep,
    addition,
    batchNorm,
    conv2d,
    dense,
    jointLoss,
    maxPool,
    sgdStep,
    squareSums,
    stridedCopy,
  ],
  winograd,
];

/** A function that threads can work on. */
export type JobName =
  | "add"
  | "conv2d"
  | "filter_grad"
  | "winograd"
  | "winograd_filter"
  | "winograd_filter_grad"
  | "winograd_filter_sum"
  | "norm_sums"
  | "normalise"
  | "norm_grad_sums"
  | "norm_grad"
  | "dense"
  | "dense_input_grad"
  | "add_parts"
  | "max_pool"
  | "max_pool_grad"
  | "joint_loss"
  | "mask_entropy"
  | "dice_sums"
  | "dice_grad"
  | "sgd_step"
  | "adamw_step"
  | "square_sums"
  | "strided_copy";

/** What all threads work on together. */
export interface Job {
  /** The function. */
  readonly name: JobName;
  /** Addresses in bytes, sizes, and numbers: the function's first parameters. */
  readonly numbers: readonly number[];
  /** What is cut into pieces. */
  readonly items: number;
  /** Items of a piece. */
  readonly step: number;
}

/** What the first words of the control block hold. */
const Slot = {
  /** Counts the jobs; threads wait for it to change. */
  generation: 0,
  /** The next piece that nobody has taken. */
  next: 1,
  /** Threads, besides the caller's, that have no piece left. */
  finished: 2,
  /** Which function, items, items of a piece, and how many numbers follow. */
  name: 3,
  items: 4,
  step: 5,
  count: 6,
  /** Whether a thread could not do its piece. */
  failed: 7,
} as const;

/** In place of a function: there are no more jobs. */
const STOP = -1;

const WORDS_BYTES = 64;
const MOST_NUMBERS = 24;

/** Bytes of the control block. */
export const CONTROL_BYTES: number = WORDS_BYTES + 8 * MOST_NUMBERS;

/** The control block in the shared memory, as one thread sees it. */
export class JobRunner {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #functions: ReadonlyMap<string, (...numbers: number[]) => void>;
  /** Names of the functions, the same list in every thread: a job gives the place in it. */
  readonly #names: readonly string[];
  readonly #thread: number;

  /**
   * @param address Where the control block begins; a multiple of 8.
   * @param thread The number of the thread, from 0 for the caller's.
   */
  constructor(memory: WebAssembly.Memory, address: number, thread: number) {
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    this.#words = new Int32Array(buffer, address, WORDS_BYTES / 4);
    this.#numbers = new Float64Array(buffer, address + WORDS_BYTES, MOST_NUMBERS);
    this.#thread = thread;
    const exports = MODULES.map((binary) =>
      new WebAssembly.Instance(new WebAssembly.Module(binary), { heap: { memory } }).exports
    );
    this.#functions = new Map(Object.entries(Object.assign({}, ...exports)));
    this.#names = [...this.#functions.keys()];
  }

  /** Clears the control block before the threads look at it. */
  clear(): void {
    this.#words.fill(0);
  }

  /**
   * Has a job done by this thread and `others` more, and waits in place until it is.
   *
   * @throws {Error} If one of them fails, which leaves what the job writes undefined.
   */
  run({ name, numbers, items, step }: Job, others: number): void {
    const words = this.#words;
    this.#numbers.set(numbers);
    words[Slot.name] = this.#names.indexOf(name);
    words[Slot.items] = items;
    words[Slot.step] = step;
    words[Slot.count] = numbers.length;
    this.#announce();
    try {
      this.#work();
    } finally {
      this.#await(others);
    }
    if (words[Slot.failed] !== 0) throw new Error(`A thread failed in the WebAssembly of ${name}`);
  }

  /**
   * Has the `others` leave {@linkcode JobRunner.serve}, and waits until they are about to: a thread that
   * still waited in memory that others use by now would take part in their jobs.
   */
  stop(others: number): void {
    this.#words[Slot.name] = STOP;
    this.#announce();
    this.#await(others);
  }

  /** Waits for the next job, works on it, and so on until there is to be none. */
  serve(): void {
    const words = this.#words;
    for (let seen = 0, stopped = false; !stopped;) {
      Atomics.wait(words, Slot.generation, seen);
      const generation = Atomics.load(words, Slot.generation);
      if (generation === seen) continue;
      seen = generation;
      stopped = words[Slot.name] === STOP;
      try {
        if (!stopped) this.#work();
      } catch {
        Atomics.store(words, Slot.failed, 1);
      }
      Atomics.add(words, Slot.finished, 1);
      Atomics.notify(words, Slot.finished);
    }
  }

  #announce(): void {
    const words = this.#words;
    Atomics.store(words, Slot.next, 0);
    Atomics.store(words, Slot.finished, 0);
    Atomics.add(words, Slot.generation, 1);
    Atomics.notify(words, Slot.generation);
  }

  #await(others: number): void {
    const words = this.#words;
    for (let finished = 0; finished < others;) {
      finished = Atomics.load(words, Slot.finished);
      if (finished < others) Atomics.wait(words, Slot.finished, finished);
    }
  }

  /** Takes pieces of the job until there are none. */
  #work(): void {
    const words = this.#words;
    const items = words[Slot.items]!;
    const step = words[Slot.step]!;
    const pieces = Math.ceil(items / step);
    const numbers = Array.from(this.#numbers.subarray(0, words[Slot.count]!));
    const work = this.#functions.get(this.#names[words[Slot.name]!]!)!;
    for (;;) {
      const piece = Atomics.add(words, Slot.next, 1);
      if (piece >= pieces) return;
      const first = piece * step;
      work(...numbers, first, Math.min(first + step, items), piece, this.#thread);
    }
  }
}
