/**
 * Stopping on request: the first Ctrl-C, SIGTERM or hang-up asks the work to stop cleanly, the second ends it.
 *
 * A hang-up, the end of a dropped connection, never forces an exit: nobody waits any more.
 */

import { fstatSync } from "node:fs";
import { devicesIdle } from "../../kernels/webgpu/device_work.ts";
import { EXIT, Interrupted } from "./failure.ts";

/**
 * A second signal this soon is the same request arriving twice: a terminal signals the whole group,
 * and a task runner passes its own on. Milliseconds.
 */
const SAME_REQUEST = 400;
/** Most milliseconds to wait for the GPU after a second signal. */
const AT_ONCE = 2000;

/** The signals that ask a process to stop and that its system can deliver. */
export function stopSignals(os: typeof Deno.build.os = Deno.build.os): readonly Deno.Signal[] {
  return os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
}

/**
 * Aborts with {@linkcode Interrupted} at the first stop signal, and exits at the second.
 *
 * @param onFirst Called at the first one, before the abort.
 */
export function abortOnSignals(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) return;
    onFirst();
    controller.abort(new Interrupted());
  };
  let first: number | null = null;
  const stopOrEnd = () => {
    const now = performance.now();
    first ??= now;
    stop();
    if (now - first > SAME_REQUEST) {
      devicesIdle(AT_ONCE).finally(() => Deno.exit(EXIT.interrupted));
    }
  };
  for (const signal of stopSignals()) Deno.addSignalListener(signal, stopOrEnd);
  // Without a listener of ours Deno would end the process, even where nohup has it ignored.
  Deno.addSignalListener("SIGHUP", isUnderNohup() ? () => {} : stop);
  return controller.signal;
}

/**
 * Whether nohup(1) started the process. It is recognised by standard input, which nohup opens write-only on
 * /dev/null; Deno does not show ignored signals without all permissions.
 */
function isUnderNohup(): boolean {
  if (Deno.build.os === "windows" || Deno.stdin.isTerminal()) return false;
  try {
    if (!fstatSync(STDIN).isCharacterDevice()) return false;
  } catch {
    return false;
  }
  try {
    // Of a device that is no terminal there is nothing to wait for.
    Deno.stdin.readSync(new Uint8Array(1));
    return false;
  } catch {
    return true;
  }
}

const STDIN = 0;
