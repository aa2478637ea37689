/**
 * A thread of `wasm_threads.ts`: gets the memory, says that it is there, and serves jobs.
 *
 * @module
 */

import { JobRunner } from "./wasm_job.ts";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<WebAssembly.Memory>) => void) | null;
  postMessage(message: string): void;
};

scope.onmessage = ({ data }) => {
  const runner = new JobRunner(data);
  scope.postMessage("ready");
  // The message leaves once this turn of the event loop is over.
  setTimeout(() => runner.serve(), 0);
};
