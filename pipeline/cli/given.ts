/** Options that were not given, left out. */

/** `T` without its undefined values. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** `values` without what is undefined, so that only the stage has defaults. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
