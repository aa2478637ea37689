/**
 * Weighted sums of many columns of small whole numbers, as the bootstrap needs them by the thousand.
 *
 * Several columns share one f64, which holds 53 bits exactly: a multiplication and an addition then
 * serve all of them. Each column has a field wide enough for the sum over a chunk of rows; after each
 * chunk the fields are taken apart.
 */

/** Sets of weights that are summed at once: each number that is read serves all of them. */
export const LANES = 4;

/** Bits of whole numbers that an f64 holds exactly. */
const BITS = 53;

/** Rows of a chunk. */
const CHUNK = 1024;

/**
 * Most that the weights of a chunk may add up to. Weights are counts of draws with replacement, as many
 * draws as rows: over a chunk of n rows they come to n on average with a standard deviation below √n,
 * so that twice as much would be 32 standard deviations off.
 */
const MOST = 2 * CHUNK;

/** Columns of whole numbers, packed. */
export class PackedSums {
  readonly #rows: number;
  readonly #columns: number;
  readonly #width: number;
  readonly #perNumber: number;
  /** Packed columns one after the other, f64 [⌈columns / perNumber⌉, rows]. */
  readonly #packed: Float64Array[];

  /**
   * @param columns C functions from a row to a whole number, 0 to `largest`
   * @throws {RangeError} If the numbers are too large to be summed exactly.
   */
  constructor(columns: readonly ((row: number) => number)[], rows: number, largest: number) {
    this.#rows = rows;
    this.#columns = columns.length;
    this.#width = Math.ceil(Math.log2(largest * MOST + 1));
    this.#perNumber = Math.floor(BITS / this.#width);
    if (this.#perNumber === 0) throw new RangeError(`Cannot sum numbers as large as ${largest}`);
    this.#packed = Array.from({ length: Math.ceil(columns.length / this.#perNumber) }, (_, at) => {
      const some = columns.slice(at * this.#perNumber, (at + 1) * this.#perNumber);
      return Float64Array.from(
        { length: rows },
        (_, row) =>
          some.reduceRight((number, column) => number * 2 ** this.#width + column(row), 0),
      );
    });
  }

  /**
   * The sums of all columns under {@linkcode LANES} sets of weights.
   *
   * weights  f64 [rows, LANES]
   *
   * @returns f64 [C, LANES]
   */
  sums(weights: Float64Array): Float64Array {
    const sums = new Float64Array(this.#columns * LANES);
    const lanes = new Float64Array(LANES);
    for (let from = 0; from < this.#rows; from += CHUNK) {
      const to = Math.min(from + CHUNK, this.#rows);
      this.#packed.forEach((numbers, at) => {
        sumLanes(numbers, weights, from, to, lanes);
        for (let lane = 0; lane < LANES; lane++) this.#unpack(lanes[lane]!, at, lane, sums);
      });
    }
    return sums;
  }

  #unpack(packed: number, at: number, lane: number, sums: Float64Array): void {
    const field = 2 ** this.#width;
    const first = at * this.#perNumber;
    const last = Math.min(first + this.#perNumber, this.#columns);
    for (let column = first, rest = packed; column < last; column++) {
      const above = Math.floor(rest / field);
      sums[column * LANES + lane]! += rest - above * field;
      rest = above;
    }
  }
}

/** Σ weights · numbers over the rows of a chunk, for each lane. */
function sumLanes(
  numbers: Float64Array,
  weights: Float64Array,
  from: number,
  to: number,
  lanes: Float64Array,
): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let row = from; row < to; row++) {
    const number = numbers[row]!;
    const at = row * LANES;
    a += number * weights[at]!;
    b += number * weights[at + 1]!;
    c += number * weights[at + 2]!;
    d += number * weights[at + 3]!;
  }
  lanes[0] = a;
  lanes[1] = b;
  lanes[2] = c;
  lanes[3] = d;
}
