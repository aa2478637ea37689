/**
 * Processes that measure for `deno task bench hardware`, each question with a time limit: a process that
 * does not answer in time is killed, so that neither a slow machine nor a driver that hangs stops the rest.
 */

import { join } from "node:path";
import { LinePeer } from "../contenders/line_peer.ts";

const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys"];

/** What a process answers when it cannot. */
interface Refusal {
  readonly error: string;
}

/** A process that is killed when it takes too long. Dispose it to end it. */
export class MeasuredPeer implements AsyncDisposable {
  readonly #peer: LinePeer;
  readonly #signal: AbortSignal;
  #isOver = false;

  /** @param signal Ends the process when it is aborted. */
  constructor(program: string, args: readonly string[], signal: AbortSignal) {
    this.#peer = new LinePeer(program, args);
    this.#signal = signal;
  }

  /** Starts a program of this folder. */
  static ofScript(script: string, signal: AbortSignal): MeasuredPeer {
    const path = join(import.meta.dirname ?? ".", script);
    return new MeasuredPeer(Deno.execPath(), ["run", "--no-prompt", ...PERMISSIONS, path], signal);
  }

  /** Whether it has ended, or been killed, and answers nothing any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws {Error} If there is none within the limit, or the process ends or says that it cannot.
   */
  async ask<Answer>(question: object, seconds: number): Promise<Answer> {
    const signal = this.#signal;
    signal.throwIfAborted();
    if (this.#isOver) throw new Error("its process was ended before");
    let stopped: Error | null = null;
    const stop = (reason: Error) => {
      stopped = reason;
      this.#peer.kill();
    };
    const timer = setTimeout(
      () => stop(new Error(`no result within ${seconds} s`)),
      1000 * seconds,
    );
    const abort = () => stop(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const answer = await this.#peer.ask<Answer | Refusal>(question).catch((error) => {
        this.#isOver = true;
        throw stopped ?? error;
      });
      if (isRefusal(answer)) throw new Error(answer.error);
      return answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Ends the process, which nobody waits for any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer.kill();
    await this.#peer[Symbol.asyncDispose]();
  }
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && "error" in answer;
}
