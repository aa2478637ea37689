/**
 * Options that were not given, left out.
 *
 * @module
 */

/** The values of `T` that are there; a stage then takes its own defaults for the others. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** `values` without what is undefined, so that the defaults stand in one place: the stage's. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
