/** How fast steps are taken, as far as somebody has watched. */

/** Milliseconds below which nothing can be said. */
const LEAST = 3000;

/** Measures the pace within an epoch: between two of them a run validates. */
export class Pace {
  #epoch = -1;
  #began = 0;
  #first = 0;

  /**
   * The pace since the epoch was first looked at.
   *
   * @param epoch The epoch at hand.
   * @param steps Steps that are done.
   * @param now In milliseconds.
   * @returns Steps a second; null where too little has been seen.
   */
  after(epoch: number, steps: number, now: number): number | null {
    if (epoch !== this.#epoch || steps < this.#first) {
      [this.#epoch, this.#began, this.#first] = [epoch, now, steps];
    }
    const [taken, passed] = [steps - this.#first, now - this.#began];
    return taken > 0 && passed >= LEAST ? 1000 * taken / passed : null;
  }
}
