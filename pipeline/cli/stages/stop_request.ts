/** Stopping a run by the file `RUN/stop`, as Ctrl-C stops it. */

import { STOP_FILE, takeStopRequest } from "../../train/files/stop_file.ts";
import type { Context } from "../command.ts";
import { Interrupted } from "../failure.ts";

/** Milliseconds between two looks for the file: as soon as a person expects. */
const EVERY = 1000;

/** Looks for the file until it is disposed. */
export class StopRequest implements Disposable {
  /** Aborts when the file has come, and when the command is interrupted otherwise. */
  readonly signal: AbortSignal;
  readonly #timer: ReturnType<typeof setInterval>;

  private constructor(run: string, { terminal, signal }: Pick<Context, "terminal" | "signal">) {
    const stop = new AbortController();
    this.signal = AbortSignal.any([signal, stop.signal]);
    this.#timer = setInterval(async () => {
      if (this.signal.aborted || !await takeStopRequest(run)) return;
      terminal.warn(`Stopping, as the file ${STOP_FILE} in ${run} asks.`);
      stop.abort(new Interrupted());
    }, EVERY);
  }

  /** Begins to look; a file that lies there already was meant for another process. */
  static async watch(
    run: string,
    context: Pick<Context, "terminal" | "signal">,
  ): Promise<StopRequest> {
    await takeStopRequest(run);
    return new StopRequest(run, context);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
