/** Several landmarkers that share the work. */

import {
  type FaceAnswer,
  type FaceRequest,
  type Landmarker,
  LandmarkerLost,
} from "./landmarker.ts";

/** A GPU that is lost more often, for each landmarker, does not come back. */
const LOSSES_EACH = 3;

/** A request and who waits for its answer. */
interface Waiting {
  readonly request: FaceRequest;
  readonly answer: PromiseWithResolvers<FaceAnswer>;
  /** Whether it was in a batch that broke a landmarker, so that it is asked for alone. */
  readonly alone: boolean;
}

/**
 * Hands requests to free landmarkers, several at once while there are enough for all of them.
 * Landmarkers are started when they are needed, up to a limit; one that breaks down is replaced, and
 * the requests it had are tried again one by one: the one that breaks it alone is answered with a
 * rejection.
 */
export class LandmarkerPool implements AsyncDisposable {
  readonly #start: () => Landmarker;
  readonly #limit: number;
  readonly #batch: number;
  readonly #all = new Set<Landmarker>();
  readonly #free: Landmarker[] = [];
  /** Those that are asked for alone come first. */
  readonly #waiting: Waiting[] = [];
  #ended = false;
  #losses = 0;

  /** A pool of at most `limit` landmarkers, which it owns, that get at most `batch` requests at once. */
  constructor(start: () => Landmarker, limit: number, batch: number) {
    this.#start = start;
    this.#limit = limit;
    this.#batch = batch;
  }

  /**
   * The answer for an image, in turn.
   *
   * @throws {Error} If landmarkers cannot be started at all, or lose the GPU again and again.
   */
  find(request: FaceRequest): Promise<FaceAnswer> {
    const answer = Promise.withResolvers<FaceAnswer>();
    this.#waiting.push({ request, answer, alone: false });
    // What comes in the same turn goes out together.
    queueMicrotask(() => this.#serve());
    return answer.promise;
  }

  /** Stops all landmarkers; requests that are under way get any answer or none. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#waiting.length = 0;
    const all = [...this.#all];
    this.#all.clear();
    await Promise.all(all.map((landmarker) => landmarker[Symbol.asyncDispose]()));
  }

  /** Gives waiting requests to free landmarkers. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const landmarker = this.#take();
      if (landmarker === null) return;
      this.#run(landmarker, this.#waiting.splice(0, this.#nextBatch()));
    }
  }

  /** How many of the waiting requests go out together. */
  #nextBatch(): number {
    if (this.#waiting[0]?.alone) return 1;
    const share = Math.ceil(this.#waiting.length / this.#limit);
    return Math.min(share, this.#batch);
  }

  #take(): Landmarker | null {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#all.size >= this.#limit) return null;
    const landmarker = this.#start();
    this.#all.add(landmarker);
    return landmarker;
  }

  async #run(landmarker: Landmarker, batch: readonly Waiting[]): Promise<void> {
    try {
      await landmarker.ready;
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
      return;
    }
    try {
      const answers = await landmarker.find(batch.map(({ request }) => request));
      for (const [i, { answer }] of batch.entries()) answer.resolve(answers[i]!);
      this.#free.push(landmarker);
      this.#serve();
    } catch (error) {
      if (this.#ended) return;
      this.#all.delete(landmarker);
      await landmarker[Symbol.asyncDispose]();
      if (this.#ended) return;
      this.#afterBreakdown(batch, error);
      this.#serve();
    }
  }

  /** A request that broke a landmarker alone is rejected; several are tried again one by one. */
  #afterBreakdown(batch: readonly Waiting[], error: unknown): void {
    const isLoss = error instanceof LandmarkerLost;
    if (isLoss && ++this.#losses > LOSSES_EACH * this.#limit) {
      for (const { answer } of batch) answer.reject(error);
      return;
    }
    if (batch.length > 1 || isLoss) {
      this.#waiting.unshift(...batch.map((waiting) => ({ ...waiting, alone: !isLoss })));
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const rejected = `the search for the face broke down: ${reason}`;
    batch[0]?.answer.resolve({ size: null, rejected });
  }
}
