/** Long work on many faces in slices, so that pages are answered meanwhile. */

/** Faces of a slice: some 20 ms. */
export const SLICE = 5000;

/** Lets others go first. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
