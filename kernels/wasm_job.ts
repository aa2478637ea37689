/**
 * A job for the threads of `wasm_threads.ts`: how it is written into the shared memory, and how a thread
 * works on it.
 *
 * @module
 */

import binary from "./wat/conv2d.wasm" with { type: "bytes" };
import { PIXELS, ROWS } from "./wat/conv2d_text.ts";

/** Bytes at the beginning of the memory that are not for data. */
export const CONTROL_BYTES = 256;

/** What the first words of the memory hold. */
export const Slot = {
  /** Counts the jobs; threads wait for it to change. */
  generation: 0,
  /** The next piece that nobody has taken. */
  next: 1,
  /** How many pieces there are. */
  chunks: 2,
  /** Threads, besides the caller's, that have no piece left. */
  finished: 3,
  /** The job's kind and numbers. */
  job: 4,
} as const;

/** The product of windows and filters; see `wat/conv2d_text.ts`. Addresses and strides in bytes. */
export interface ForwardJob {
  readonly kind: "conv2d";
  readonly x: number;
  readonly f: number;
  readonly y: number;
  /** P */
  readonly pixels: number;
  /** OW */
  readonly width: number;
  /** OH·OW */
  readonly area: number;
  readonly pixel: number;
  readonly row: number;
  readonly image: number;
  readonly taps: number;
  readonly run: number;
  readonly panels: number;
  /** Pixels of a piece. */
  readonly step: number;
}

/** The gradient of the filter. Addresses and strides in bytes. */
export interface FilterGradJob {
  readonly kind: "filter_grad";
  readonly x: number;
  readonly dy: number;
  readonly g: number;
  readonly batch: number;
  /** OH */
  readonly height: number;
  /** OW */
  readonly width: number;
  readonly pixel: number;
  readonly row: number;
  readonly image: number;
  /** Tiles of {@linkcode ROWS} numbers in a run of the window. */
  readonly tiles: number;
  /** Runs of the window: KH. */
  readonly taps: number;
  readonly panels: number;
  /** Tiles of a piece. */
  readonly step: number;
}

/** A job in one piece after the other. */
export type ConvolutionJob = ForwardJob | FilterGradJob;

const FORWARD = [
  ...["x", "f", "y", "pixels", "width", "area", "pixel", "row", "image"] as const,
  ...["taps", "run", "panels", "step"] as const,
] as const;
const FILTER_GRAD = [
  ...["x", "dy", "g", "batch", "height", "width", "pixel", "row", "image"] as const,
  ...["tiles", "taps", "panels", "step"] as const,
] as const;

/** Writes a job into the control words. */
export function writeJob(control: Int32Array, job: ConvolutionJob): void {
  const numbers = job.kind === "conv2d"
    ? [0, ...FORWARD.map((name) => job[name])]
    : [1, ...FILTER_GRAD.map((name) => job[name])];
  control.set(numbers, Slot.job);
}

interface Exports {
  conv2d(...numbers: number[]): void;
  filter_grad(...numbers: number[]): void;
}

/** Pixels of dy that a block of output rows has about: they stay in the cache for all tiles. */
const BLOCK_PIXELS = 256;

/** Works on jobs in one thread. */
export class JobRunner {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #exports: Exports;

  constructor(memory: WebAssembly.Memory) {
    this.#control = new Int32Array(memory.buffer as unknown as SharedArrayBuffer, 0, 64);
    const module = new WebAssembly.Module(binary);
    const instance = new WebAssembly.Instance(module, { threads: { memory } });
    this.#exports = instance.exports as unknown as Exports;
  }

  /** Takes pieces of the job until there are none. */
  work(): void {
    const control = this.#control;
    const chunks = Atomics.load(control, Slot.chunks);
    const numbers = Array.from(control.subarray(Slot.job + 1, Slot.job + 14));
    const run = control[Slot.job] === 0 ? this.#conv2d : this.#filterGrad;
    for (
      let chunk = Atomics.add(control, Slot.next, 1);
      chunk < chunks;
      chunk = Atomics.add(control, Slot.next, 1)
    ) run.call(this, numbers, chunk);
  }

  /** Waits for the next job, works on it, and so on. Never returns. */
  serve(): never {
    const control = this.#control;
    for (let seen = 0;;) {
      Atomics.wait(control, Slot.generation, seen);
      const generation = Atomics.load(control, Slot.generation);
      if (generation === seen) continue;
      seen = generation;
      this.work();
      Atomics.add(control, Slot.finished, 1);
      Atomics.notify(control, Slot.finished);
    }
  }

  #conv2d(numbers: readonly number[], chunk: number): void {
    const [x, f, y, pixels, width, area, pixel, row, image, taps, run, panels, step] =
      numbers as ThirteenNumbers;
    const first = chunk * step;
    const last = Math.min(first + step, pixels);
    this.#exports.conv2d(
      ...[x, f, y, first, last, pixels, width, area, pixel, row, image, taps, run, panels],
    );
  }

  #filterGrad(numbers: readonly number[], chunk: number): void {
    const [x, dy, g, batch, height, width, pixel, row, image, tiles, taps, panels, step] =
      numbers as ThirteenNumbers;
    const channels = 32 * panels;
    const first = chunk * step;
    const last = Math.min(first + step, tiles * taps);
    const most = Math.max(1, Math.round(BLOCK_PIXELS / width));
    for (let b = 0; b < batch; b++) {
      for (let top = 0; top < height; top += most) {
        const rows = Math.min(most, height - top);
        const from = x + b * image + top * row;
        const grad = dy + (b * height + top) * width * channels;
        for (let tile = first; tile < last; tile++) {
          const inside = Math.floor(tile / tiles) * row + tile % tiles * 4 * ROWS;
          this.#exports.filter_grad(
            from + inside,
            grad,
            g + tile * ROWS * channels,
            rows,
            width,
            pixel,
            row - width * pixel,
            channels,
            panels,
          );
        }
      }
    }
  }
}

type ThirteenNumbers = [
  ...[number, number, number, number, number, number, number],
  ...[number, number, number, number, number, number],
];

export { PIXELS, ROWS };
