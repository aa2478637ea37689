/**
 * Several landmarkers that share the work.
 *
 * @module
 */

import type { FaceAnswer, FaceRequest, Landmarker } from "./landmarker.ts";

/**
 * Hands each request to a free landmarker. Landmarkers are started when they are needed, up to a
 * limit; one that breaks down is replaced, and the request it had is answered with a rejection.
 */
export class LandmarkerPool implements Disposable {
  readonly #start: () => Landmarker;
  readonly #limit: number;
  readonly #all = new Set<Landmarker>();
  readonly #free: Landmarker[] = [];
  readonly #waiting: ((landmarker: Landmarker) => void)[] = [];

  /** A pool of at most `limit` landmarkers, which it owns. */
  constructor(start: () => Landmarker, limit: number) {
    this.#start = start;
    this.#limit = limit;
  }

  /**
   * The answer for an image, in turn.
   *
   * @throws {Error} If landmarkers cannot be started at all.
   */
  async find(request: FaceRequest): Promise<FaceAnswer> {
    const landmarker = await this.#take();
    await landmarker.ready;
    try {
      const answer = await landmarker.find(request);
      this.#release(landmarker);
      return answer;
    } catch (error) {
      this.#replace(landmarker);
      const reason = error instanceof Error ? error.message : String(error);
      return { size: null, rejected: `the search for the face broke down: ${reason}` };
    }
  }

  /** Stops all landmarkers; requests that are under way get any answer or none. */
  [Symbol.dispose](): void {
    this.#waiting.length = 0;
    for (const landmarker of this.#all) landmarker[Symbol.dispose]();
    this.#all.clear();
  }

  #take(): Landmarker | Promise<Landmarker> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#all.size < this.#limit) return this.#add();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #add(): Landmarker {
    const landmarker = this.#start();
    this.#all.add(landmarker);
    return landmarker;
  }

  #release(landmarker: Landmarker): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(landmarker);
    else this.#free.push(landmarker);
  }

  #replace(landmarker: Landmarker): void {
    landmarker[Symbol.dispose]();
    this.#all.delete(landmarker);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(this.#add());
  }
}
