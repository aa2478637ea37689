/** A thread of `wasm/threads.ts`: gets the memory, says that it is there, and serves jobs. */

import { JobRunner } from "./job.ts";

/** What a thread is started with. */
export interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  /** Where the control block begins. */
  readonly control: number;
  /** The number of the thread, from 1. */
  readonly thread: number;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<ThreadStart>) => void) | null;
  postMessage(message: string): void;
  close(): void;
};

scope.onmessage = ({ data: { memory, control, thread } }) => {
  const runner = new JobRunner(memory, control, thread);
  scope.postMessage("ready");
  // The message leaves once this turn of the event loop is over.
  setTimeout(() => {
    runner.serve();
    scope.close();
  }, 0);
};
