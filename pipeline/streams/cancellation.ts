/** Cancellation by an AbortSignal. */

/** Rejects pending waits when the signal aborts, for as long as it is in scope. */
export class Cancellation implements Disposable {
  readonly #signal: AbortSignal | undefined;
  /** Rejects the wait that is pending, if there is one. */
  #reject: (reason: unknown) => void = () => {};
  readonly #onAbort = () => this.#reject(this.#signal?.reason);

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /**
   * The promise, or the signal's reason as soon as it is aborted. One at a time. Not `Promise.race` with
   * a promise that lives as long as the work: it would keep what every race has ended with.
   */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#signal?.aborted) reject(this.#signal.reason);
      promise.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
