/** Shares and means of what may be undefined. */

/** The mean of the values that are not null, or null if there is none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return share(known.reduce((sum, value) => sum + value, 0), known.length);
}

/** A share of a whole, or null if the whole is nothing. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
