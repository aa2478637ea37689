/** Whether one more measurement is worth its time. */

/**
 * Share of a kernel's time that another one is taken to save. An assumption: candidates come the likeliest
 * first, so that the others save little; where one would save more, a short run measures too little.
 */
const PLAUSIBLE_GAIN = 0.3;

/** Seconds that measuring may take, and what it has cost so far. */
export class TuningBudget {
  readonly #now: () => number;
  readonly #start: number;
  readonly #seconds: number;
  #spent = 0;
  #count = 0;

  /**
   * @param seconds What all measurements may take together.
   * @param now A clock, in seconds.
   */
  constructor(seconds: number, now: () => number) {
    this.#now = now;
    this.#start = now();
    this.#seconds = seconds;
  }

  get elapsed(): number {
    return this.#now() - this.#start;
  }

  /** Whether one more measurement, taking as long as those before, would end too late. */
  get isSpent(): boolean {
    return this.elapsed + this.#cost >= this.#seconds;
  }

  /**
   * Whether measuring costs less than it may save.
   *
   * @param seconds What a job takes in all its runs, as far as is known.
   * @param measurements How many it takes to find a faster family for it.
   */
  isWorth(seconds: number, measurements: number): boolean {
    return PLAUSIBLE_GAIN * seconds > measurements * this.#cost;
  }

  /** Counts what a measurement takes, compiling included. */
  async spend<T>(measure: () => Promise<T>): Promise<T> {
    const start = this.#now();
    const result = await measure();
    this.#spent += this.#now() - start;
    this.#count++;
    return result;
  }

  /** Mean seconds of a measurement; 0 before the first one. */
  get #cost(): number {
    return this.#count === 0 ? 0 : this.#spent / this.#count;
  }
}
