/** Many rows of the same number of floats, held compactly. */

/** Rows that share a block of memory; a block of 68 points a row takes 2 MB. */
const BLOCK = 4096;

/** Rows with the indices 0, 1, 2, … in the order in which they were added. */
export class FloatRows {
  readonly #width: number;
  /** f32 [BLOCK, width] each. */
  readonly #blocks: Float32Array[] = [];
  #size = 0;

  /** Rows of `width` floats. */
  constructor(width: number) {
    this.#width = width;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a copy of a row.
   *
   * @returns Its index.
   * @throws {TypeError} If it is of another length.
   */
  add(row: ArrayLike<number>): number {
    if (row.length !== this.#width) {
      throw new TypeError(`Cannot add a row of ${row.length} floats to rows of ${this.#width}`);
    }
    this.next().set(row);
    return this.#size - 1;
  }

  /** f32 [width]: another row, to be filled. */
  next(): Float32Array {
    const index = this.#size++;
    if (index === BLOCK * this.#blocks.length) {
      this.#blocks.push(new Float32Array(BLOCK * this.#width));
    }
    return this.row(index);
  }

  /** Forgets all rows; their memory is used again. */
  clear(): void {
    this.#size = 0;
  }

  /** f32 [width]: the row with an index below `size`, not a copy. */
  row(index: number): Float32Array {
    const start = index % BLOCK * this.#width;
    return this.#blocks[Math.floor(index / BLOCK)]!.subarray(start, start + this.#width);
  }
}
