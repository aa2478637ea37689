/**
 * How long the device takes over what is recorded.
 *
 * @module
 */

import type { Gpu, PassHost } from "./gpu.ts";

/** Runs that are timed by timestamps; the fastest counts. */
const RUNS = 3;
/** Timestamps count nanoseconds. */
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

async function byTimestamps(gpu: Gpu, record: () => void): Promise<number> {
  const { device, host } = gpu;
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const querySet = device.createQuerySet({ label: "timing", type: "timestamp", count: 2 });
  const times = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const readable = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
  const encoder = device.createCommandEncoder({ label: "timing" });
  const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
  const pass = encoder.beginComputePass({ label: "timing", timestampWrites });
  host.submit();
  gpu.host = new OnePass(pass);
  try {
    record();
  } finally {
    gpu.host = host;
    pass.end();
  }
  encoder.resolveQuerySet(querySet, 0, 2, times, 0);
  encoder.copyBufferToBuffer(times, 0, readable, 0, 16);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(GPUMapMode.READ);
  const [start, end] = new BigUint64Array(readable.getMappedRange().slice(0)) as unknown as [
    bigint,
    bigint,
  ];
  for (const owned of [querySet, times, readable]) owned.destroy();
  return Number(end - start) * NANOSECOND;
}

/** Takes every dispatch into one pass. Nothing is submitted in between: the first run made all buffers. */
class OnePass implements PassHost {
  readonly #pass: GPUComputePassEncoder;

  constructor(pass: GPUComputePassEncoder) {
    this.#pass = pass;
  }

  pass(): GPUComputePassEncoder {
    return this.#pass;
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
