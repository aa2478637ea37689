/**
 * What is open of tfjs: it has one set of operations for each backend, so whoever opens one that is open
 * already shares what lies under it.
 */

import * as tf from "@tensorflow/tfjs-core";
import { Gpu } from "../../kernels/webgpu/gpu.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import { useOwnKernels } from "../../kernels/tfjs/kernels.ts";
import { useWasm } from "../../kernels/tfjs/wasm/backend.ts";
import { tfjsHeap } from "../../kernels/tfjs/wasm/heap.ts";
import { useThreads } from "../../kernels/tfjs/wasm/kernels.ts";
import { WasmThreads } from "../../kernels/wasm/threads.ts";

/** A value that several users share and the last one closes. */
class Shared<T, A extends unknown[] = []> {
  readonly #start: (...wish: A) => Promise<T>;
  readonly #isSound: (value: T) => boolean;
  readonly #close: (value: T, isLatest: boolean) => void;
  #latest: { value: T; users: number } | null = null;

  /**
   * @param start Makes one, as whoever takes it first wishes.
   * @param isSound Whether one that is open can still be shared.
   * @param close Ends one; `isLatest` says whether none was made since.
   */
  constructor(
    start: (...wish: A) => Promise<T>,
    isSound: (value: T) => boolean,
    close: (value: T, isLatest: boolean) => void,
  ) {
    this.#start = start;
    this.#isSound = isSound;
    this.#close = close;
  }

  /** The one that is open, or a new one, and what lets go of it; not to be called twice at once. */
  async take(...wish: A): Promise<{ readonly value: T; readonly letGo: () => void }> {
    const isOpen = this.#latest !== null && this.#isSound(this.#latest.value);
    const taken = isOpen ? this.#latest! : { value: await this.#start(...wish), users: 0 };
    this.#latest = taken;
    taken.users++;
    let isHeld = true;
    const letGo = () => {
      if (!isHeld) return;
      isHeld = false;
      if (--taken.users > 0) return;
      const isLatest = this.#latest === taken;
      if (isLatest) this.#latest = null;
      this.#close(taken.value, isLatest);
    };
    return { value: taken.value, letGo };
  }
}

/** The device with our kernels under tfjs's operations, or null where there is no adapter. */
export const sharedDevice: Shared<Gpu | null> = new Shared<Gpu | null>(
  async () => {
    const gpu = await Gpu.open();
    if (gpu) useOwnKernels(await TfjsHost.attach(gpu));
    return gpu;
  },
  (gpu) => gpu !== null && !gpu.isLost,
  (gpu, isLatest) => {
    if (gpu && isLatest) tf.removeBackend("webgpu");
    gpu?.[Symbol.dispose]();
  },
);

/** Threads that run our kernels under tfjs's operations, and what removes the kernels. */
interface ThreadsInUse {
  readonly threads: WasmThreads;
  readonly leave: () => void;
}

/** The threads under tfjs's operations on WebAssembly, as many as asked for if that is said. */
export const sharedThreads: Shared<ThreadsInUse, [count?: number]> = new Shared(
  async (count?: number): Promise<ThreadsInUse> => {
    await useWasm();
    const threads = await WasmThreads.start(tfjsHeap(), count);
    return { threads, leave: useThreads(threads) };
  },
  () => true,
  ({ threads, leave }) => {
    leave();
    threads[Symbol.dispose]();
  },
);
