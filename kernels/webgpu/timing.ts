/** How long the device takes over what is recorded. */

import { DeviceClock } from "./device_clock.ts";
import type { Gpu } from "./gpu.ts";

/** Runs that are timed by timestamps after the first; the fastest of all counts. */
const MORE_RUNS = 2;
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

/** Seconds of each of some runs, which are waited for once: Deno looks for the end every 10 ms. */
async function byTimestamps(gpu: Gpu, record: () => void, runs: number): Promise<number[]> {
  using owned = new DisposableStack();
  const clocks = Array.from({ length: runs }, () => owned.use(DeviceClock.of(gpu)!));
  for (const clock of clocks) {
    // A submission each: a driver takes one that lasts for hung.
    gpu.host.submit();
    clock.start();
    record();
    clock.stop();
  }
  return await Promise.all(clocks.map((clock) => clock.seconds()));
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
