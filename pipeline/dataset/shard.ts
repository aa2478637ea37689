/** Parts of an input, for several processes that share the work. */

/** Part `index` of `count`, the first part being 1. */
export interface Shard {
  /** Which part, from 1 to `count`. */
  readonly index: number;
  /** How many parts there are. */
  readonly count: number;
}

/**
 * Which of `total` things belong to a part: those from `from` up to `to`. Parts are contiguous and in
 * order, so that the results of all parts, put one after the other, are the result of the whole; their
 * sizes differ by at most one.
 *
 * @throws {RangeError} If `index` is not a whole number from 1 to `count`.
 */
export function shardRange(total: number, shard?: Shard): [from: number, to: number] {
  if (!shard) return [0, total];
  const { index, count } = shard;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 1 || index > count) {
    throw new RangeError(
      `There is no part ${index} of ${count}: a part from 1 to ${count} is needed.`,
    );
  }
  return [Math.floor(total * ((index - 1) / count)), Math.floor(total * (index / count))];
}
