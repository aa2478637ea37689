/**
 * Stopping on request: the first Ctrl-C or SIGTERM asks the work to stop cleanly, the second ends it.
 *
 * @module
 */

import { devicesIdle } from "../../kernels/device_work.ts";
import { EXIT, Interrupted } from "./failure.ts";

/**
 * A second signal this soon is the same request arriving twice: a terminal signals the whole group,
 * and a task runner passes its own on. Milliseconds.
 */
const SAME_REQUEST = 400;
/** Whoever asks twice does not want to wait longer than so many milliseconds for what the GPU is doing. */
const AT_ONCE = 2000;

/** What asks a process to stop, as far as its system lets it hear of that. */
export function stopSignals(os: typeof Deno.build.os = Deno.build.os): readonly Deno.Signal[] {
  return os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
}

/**
 * Turns the first stop signal into an abort with {@linkcode Interrupted} as its reason, and the second
 * one into an exit on the spot.
 *
 * @param onFirst Called at the first one, before the abort.
 */
export function abortOnSignals(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      onFirst();
      controller.abort(new Interrupted());
    } else if (now - first > SAME_REQUEST) {
      devicesIdle(AT_ONCE).finally(() => Deno.exit(EXIT.interrupted));
    }
  };
  for (const signal of stopSignals()) Deno.addSignalListener(signal, stop);
  return controller.signal;
}
