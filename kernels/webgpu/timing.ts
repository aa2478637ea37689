/** How long the device takes over what is recorded. */

import type { Gpu, PassHost } from "./gpu.ts";

/** Runs that are timed by timestamps after the first; the fastest of all counts. */
const MORE_RUNS = 2;
/** Timestamps count nanoseconds; a driver that counted otherwise would change no comparison. */
const NANOSECOND = 1e-9;
/** Without timestamps, least seconds between submitting and hearing of the end: Deno looks every 10 ms. */
const LONG = 0.1;
/** Most repetitions towards {@linkcode LONG}. */
const MOST_REPEATS = 256;

/**
 * Seconds that the device takes over the dispatches of `record`, by its timestamps where it has them,
 * else by the clock. A first run, which compiles, is not counted.
 *
 * @param enough Seconds after which no second run is worth it.
 */
export async function secondsOf(
  gpu: Gpu,
  record: () => void,
  enough: number = Infinity,
): Promise<number> {
  record();
  gpu.host.submit();
  if (!gpu.device.features.has("timestamp-query")) {
    await gpu.device.queue.onSubmittedWorkDone();
    return await byClock(gpu, record);
  }
  const [first] = await byTimestamps(gpu, record, 1);
  if (first! >= enough) return first!;
  return Math.min(first!, ...await byTimestamps(gpu, record, MORE_RUNS));
}

/**
 * Seconds of each of some runs, which are waited for once: Deno looks for the end every 10 ms. Two empty
 * passes around the dispatches take the time, so that those may need several passes.
 */
async function byTimestamps(gpu: Gpu, record: () => void, runs: number): Promise<number[]> {
  const { device, host } = gpu;
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const count = 2 * runs;
  const size = 8 * count;
  const querySet = device.createQuerySet({ label: "timing", type: "timestamp", count });
  const times = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
  const readable = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  host.submit();
  // A submission each: a driver takes one that lasts for hung.
  for (let run = 0; run < runs; run++) submitTimed(gpu, record, querySet, 2 * run);
  const encoder = device.createCommandEncoder({ label: "timing" });
  encoder.resolveQuerySet(querySet, 0, count, times, 0);
  encoder.copyBufferToBuffer(times, 0, readable, 0, size);
  device.queue.submit([encoder.finish()]);
  await gpu.answer(readable.mapAsync(GPUMapMode.READ));
  const ticks = new BigUint64Array(readable.getMappedRange().slice(0));
  for (const owned of [querySet, times, readable]) owned.destroy();
  return Array.from(
    { length: runs },
    (_, run) => Number(ticks[2 * run + 1]! - ticks[2 * run]!) * NANOSECOND,
  );
}

/** Submits one run between the timestamps `first` and `first + 1`. */
function submitTimed(gpu: Gpu, record: () => void, querySet: GPUQuerySet, first: number): void {
  const { device, host } = gpu;
  const passes = new TimedPasses(device.createCommandEncoder({ label: "timing" }));
  passes.stamp({ querySet, beginningOfPassWriteIndex: first });
  gpu.host = passes;
  try {
    record();
  } finally {
    gpu.host = host;
  }
  passes.stamp({ querySet, endOfPassWriteIndex: first + 1 });
  device.queue.submit([passes.encoder.finish()]);
}

/** Takes all dispatches into one encoder. Nothing is submitted in between: the first run made all buffers. */
class TimedPasses implements PassHost {
  readonly encoder: GPUCommandEncoder;
  #pass: GPUComputePassEncoder | null = null;

  constructor(encoder: GPUCommandEncoder) {
    this.encoder = encoder;
  }

  /** An empty pass that writes a timestamp. */
  stamp(timestampWrites: GPUComputePassTimestampWrites): void {
    this.#pass?.end();
    this.#pass = null;
    this.encoder.beginComputePass({ label: "timestamp", timestampWrites }).end();
  }

  pass(): GPUComputePassEncoder {
    return this.#pass ??= this.encoder.beginComputePass({ label: "timing" });
  }

  copies(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = null;
    return this.encoder;
  }

  dispatched(): void {}

  submit(): void {}
}

/** Repeats until the time is long beside the grain of the clock. */
async function byClock(gpu: Gpu, record: () => void): Promise<number> {
  for (let repeats = 1;; repeats *= 4) {
    const start = performance.now();
    for (let run = 0; run < repeats; run++) record();
    gpu.host.submit();
    await gpu.device.queue.onSubmittedWorkDone();
    const seconds = (performance.now() - start) / 1000;
    if (seconds >= LONG || repeats >= MOST_REPEATS) return seconds / repeats;
  }
}
