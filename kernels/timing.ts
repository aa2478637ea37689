/**
 * How long the device takes over what is recorded.
 *
 * @module
 */

import type { Gpu, PassHost } from "./gpu.ts";

/** Runs that are timed by timestamps; the fastest counts. */
const RUNS = 3;
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
  await gpu.device.queue.onSubmittedWorkDone();
  if (!gpu.device.features.has("timestamp-query")) return await byClock(gpu, record);
  let best = await byTimestamps(gpu, record);
  for (let run = 1; run < RUNS && best < enough; run++) {
    best = Math.min(best, await byTimestamps(gpu, record));
  }
  return best;
}

/** Two empty passes around the dispatches take the time, so that those may need several passes. */
async function byTimestamps(gpu: Gpu, record: () => void): Promise<number> {
  const { device, host } = gpu;
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const querySet = device.createQuerySet({ label: "timing", type: "timestamp", count: 2 });
  const times = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const readable = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
  host.submit();
  const passes = new TimedPasses(device.createCommandEncoder({ label: "timing" }));
  passes.stamp({ querySet, beginningOfPassWriteIndex: 0 });
  gpu.host = passes;
  try {
    record();
  } finally {
    gpu.host = host;
  }
  passes.stamp({ querySet, endOfPassWriteIndex: 1 });
  passes.encoder.resolveQuerySet(querySet, 0, 2, times, 0);
  passes.encoder.copyBufferToBuffer(times, 0, readable, 0, 16);
  device.queue.submit([passes.encoder.finish()]);
  await gpu.answer(readable.mapAsync(GPUMapMode.READ));
  const [start, end] = new BigUint64Array(readable.getMappedRange().slice(0));
  for (const owned of [querySet, times, readable]) owned.destroy();
  return Number(end! - start!) * NANOSECOND;
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
