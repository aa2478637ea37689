/** Workers, mostly threads, that share work of one kind. */

/** Works on some requests at a time. Once disposed, what is under way gets any answer or none. */
export interface PoolWorker<Request, Answer> extends AsyncDisposable {
  /** Settles once it is able to work. If it rejects, no other worker would fare better. */
  readonly ready: Promise<void>;
  /**
   * An answer for each request. If it rejects, this worker is not to be used any more.
   *
   * @throws {WorkerLost} If the requests are not to blame.
   */
  answer(requests: readonly Request[]): Promise<readonly Answer[]>;
}

/** A worker has lost what it works with, such as a GPU; another one may fare better. */
export class WorkerLost extends Error {
  override readonly name = "WorkerLost";
}

/** What a pool is made of. */
export interface PoolOptions<Request, Answer> {
  /** Starts a worker, which the pool then owns. */
  readonly start: () => PoolWorker<Request, Answer>;
  /** Most workers. */
  readonly workers: number;
  /** Most requests that a worker gets at once. */
  readonly batch: number;
  /** The answer to a request that breaks a worker alone. */
  readonly broken: (request: Request, reason: string) => Answer;
}

/** What is lost more often, for each worker, does not come back. */
const LOSSES_EACH = 3;

/** A request and who waits for its answer. */
interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly answer: PromiseWithResolvers<Answer>;
  /** Whether it was in a batch that broke a worker, so that it is asked for alone. */
  readonly alone: boolean;
}

/**
 * Hands requests to free workers, several at once while there are enough for all of them. Workers are started
 * when they are needed, up to a limit; one that breaks down is replaced, and the requests it had are tried
 * again one by one: the one that breaks it alone gets an answer that says so.
 */
export class WorkerPool<Request, Answer> implements AsyncDisposable {
  readonly #options: PoolOptions<Request, Answer>;
  readonly #all = new Set<PoolWorker<Request, Answer>>();
  readonly #free: PoolWorker<Request, Answer>[] = [];
  /** Those that are asked for alone come first. */
  readonly #waiting: Waiting<Request, Answer>[] = [];
  #isDue = false;
  #ended = false;
  #losses = 0;

  constructor(options: PoolOptions<Request, Answer>) {
    this.#options = options;
  }

  /**
   * The answer to a request, in turn.
   *
   * @throws {Error} If workers cannot be started at all, or are lost again and again.
   */
  ask(request: Request): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.push({ request, answer, alone: false });
    // What comes in the same turn goes out together.
    if (!this.#isDue) queueMicrotask(() => this.#serve());
    this.#isDue = true;
    return answer.promise;
  }

  /** Stops all workers; requests that are under way get any answer or none. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#waiting.length = 0;
    const all = [...this.#all];
    this.#all.clear();
    await Promise.all(all.map((worker) => worker[Symbol.asyncDispose]()));
  }

  /** Gives waiting requests to free workers. */
  #serve(): void {
    this.#isDue = false;
    while (this.#waiting.length > 0) {
      const worker = this.#take();
      if (worker === null) return;
      this.#run(worker, this.#waiting.splice(0, this.#nextBatch()));
    }
  }

  /** How many of the waiting requests go out together. */
  #nextBatch(): number {
    if (this.#waiting[0]?.alone) return 1;
    const share = Math.ceil(this.#waiting.length / this.#options.workers);
    return Math.min(share, this.#options.batch);
  }

  #take(): PoolWorker<Request, Answer> | null {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#all.size >= this.#options.workers) return null;
    const worker = this.#options.start();
    this.#all.add(worker);
    return worker;
  }

  async #run(
    worker: PoolWorker<Request, Answer>,
    batch: readonly Waiting<Request, Answer>[],
  ): Promise<void> {
    try {
      await worker.ready;
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
      return;
    }
    try {
      const answers = await worker.answer(batch.map(({ request }) => request));
      for (const [i, { answer }] of batch.entries()) answer.resolve(answers[i]!);
      this.#free.push(worker);
      this.#serve();
    } catch (error) {
      if (this.#ended) return;
      this.#all.delete(worker);
      await worker[Symbol.asyncDispose]();
      if (this.#ended) return;
      this.#afterBreakdown(batch, error);
      this.#serve();
    }
  }

  /** A request that broke a worker alone is answered; several are tried again one by one. */
  #afterBreakdown(batch: readonly Waiting<Request, Answer>[], error: unknown): void {
    const isLoss = error instanceof WorkerLost;
    if (isLoss && ++this.#losses > LOSSES_EACH * this.#options.workers) {
      for (const { answer } of batch) answer.reject(error);
      return;
    }
    if (batch.length > 1 || isLoss) {
      this.#waiting.unshift(...batch.map((waiting) => ({ ...waiting, alone: !isLoss })));
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    for (const { request, answer } of batch) answer.resolve(this.#options.broken(request, reason));
  }
}
