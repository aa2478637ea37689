/** How long the device takes over each dispatch of a tape. */

import { workOf } from "../../../kernels/webgpu/dispatch_work.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import type { Tape } from "../../../kernels/webgpu/tape.ts";
import { median } from "../measuring.ts";
import type { KernelTime } from "./results.ts";

/** Times that a query set holds, of which a dispatch takes two; WebGPU's limit is 4,096. */
const DISPATCHES_A_SET = 2048;

/** Times of 8 bytes. */
const TIME = 8;
const NANOSECONDS_A_MS = 1e6;

/**
 * Plays tapes, each dispatch in a pass of its own between two timestamps, in their order and with the copies
 * between them.
 *
 * @param plays The median of so many counts.
 * @returns Dispatches that are alike together, the slowest first.
 * @throws {Error} If the device has no timestamps.
 */
export async function dispatchTimes(
  gpu: Gpu,
  tapes: readonly Tape[],
  plays: number,
): Promise<KernelTime[]> {
  const dispatches = tapes.flatMap((tape) => tape.dispatches);
  using clock = new DispatchClock(gpu, dispatches.length);
  const times: number[][] = [];
  // The first play warms up.
  for (let play = -1; play < plays; play++) {
    const played = await clock.play(tapes);
    if (play >= 0) times.push(played);
  }
  const all = dispatches.map(({ bindGroup, pipeline }, i): KernelTime => {
    const { name, flops, bytes } = workOf(bindGroup) ??
      { name: `tfjs ${pipeline.label}`, flops: 0, bytes: 0 };
    return { name, count: 1, ms: median(times.map((played) => played[i]!)), flops, bytes };
  });
  return togetherIfAlike(all);
}

/** Sums over dispatches of one kernel with as much to do. */
export function togetherIfAlike(times: readonly KernelTime[]): KernelTime[] {
  const groups = Map.groupBy(times, ({ name, flops, bytes }) => `${name} ${flops} ${bytes}`);
  const sums = [...groups.values()].map((alike) => {
    const sum = (of: "count" | "ms" | "flops" | "bytes") =>
      alike.reduce((all, time) => all + time[of], 0);
    const { name } = alike[0]!;
    return { name, count: sum("count"), ms: sum("ms"), flops: sum("flops"), bytes: sum("bytes") };
  });
  return sums.sort((a, b) => b.ms - a.ms);
}

/** Timestamps around dispatches, read back together. Dispose it to release them. */
class DispatchClock implements Disposable {
  readonly #gpu: Gpu;
  readonly #sets: readonly GPUQuerySet[];
  readonly #resolved: GPUBuffer;
  readonly #count: number;

  constructor(gpu: Gpu, count: number) {
    const { device } = gpu;
    if (!device.features.has("timestamp-query")) throw new Error("the adapter has no timestamps");
    const { QUERY_RESOLVE, COPY_SRC } = GPUBufferUsage;
    this.#gpu = gpu;
    this.#count = count;
    this.#sets = Array.from(
      { length: Math.ceil(count / DISPATCHES_A_SET) },
      () => device.createQuerySet({ type: "timestamp", count: 2 * DISPATCHES_A_SET }),
    );
    const size = this.#sets.length * 2 * DISPATCHES_A_SET * TIME;
    this.#resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
  }

  /** Plays once. Returns the milliseconds of each dispatch. */
  async play(tapes: readonly Tape[]): Promise<number[]> {
    const { host } = this.#gpu;
    let before = 0;
    for (const tape of tapes) {
      tape.playEach(host, (dispatch) => this.#passOf(before + dispatch));
      before += tape.dispatches.length;
    }
    const encoder = host.copies();
    this.#sets.forEach((set, i) => {
      const at = i * 2 * DISPATCHES_A_SET * TIME;
      encoder.resolveQuerySet(set, 0, 2 * DISPATCHES_A_SET, this.#resolved, at);
    });
    const times = new BigUint64Array(await this.#gpu.read(this.#resolved));
    return Array.from(
      { length: this.#count },
      (_, i) => Number(times[2 * i + 1]! - times[2 * i]!) / NANOSECONDS_A_MS,
    );
  }

  #passOf(dispatch: number): GPUComputePassDescriptor {
    const at = 2 * (dispatch % DISPATCHES_A_SET);
    return {
      label: "dispatch",
      timestampWrites: {
        querySet: this.#sets[Math.floor(dispatch / DISPATCHES_A_SET)]!,
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    };
  }

  [Symbol.dispose](): void {
    for (const owned of [...this.#sets, this.#resolved]) owned.destroy();
  }
}
