/** What is opened by the first who needs it, and opened anew after it broke down: a thread, say. */
export class OnDemand<T extends AsyncDisposable | Disposable> implements AsyncDisposable {
  readonly #open: () => T | Promise<T>;
  #opened: Promise<T> | null = null;

  /** @param open Opens nothing that outlives what it gives. */
  constructor(open: () => T | Promise<T>) {
    this.#open = open;
  }

  /**
   * Works with it. If `work` rejects it counts as broken: it is disposed, and the next call opens another one.
   *
   * @throws {Error} As of `open` and of `work`.
   */
  async use<R>(work: (opened: T) => Promise<R>): Promise<R> {
    const opened = this.#opened ??= (async () => await this.#open())();
    try {
      return await work(await opened);
    } catch (error) {
      // Others may have seen to it while this one waited.
      if (this.#opened === opened) await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await using _ = await opened?.catch(() => null) ?? null;
  }
}
