/** A few items of a stream of unknown length, spread evenly over it. */

/**
 * Chooses at most `limit` items. It holds no more than twice as many: when it has those, it lets every
 * other one go, and from then on takes half as many as before.
 */
export class EvenChoice<T> {
  readonly #limit: number;
  #kept: T[] = [];
  #every = 1;
  #seen = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes or passes over the next item. */
  add(item: T): void {
    if (this.#seen++ % this.#every !== 0) return;
    this.#kept.push(item);
    if (this.#kept.length < 2 * this.#limit) return;
    this.#kept = this.#kept.filter((_, place) => place % 2 === 0);
    this.#every *= 2;
  }

  /** The items chosen so far, in their order: all of them if there were no more than the limit. */
  get items(): readonly T[] {
    const { length } = this.#kept;
    if (length <= this.#limit) return this.#kept;
    return Array.from(
      { length: this.#limit },
      (_, i) => this.#kept[Math.floor(i * length / this.#limit)]!,
    );
  }
}
