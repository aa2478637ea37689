/** The ways to find a face, by name. */

/**
 * Ways to find the face in an image:
 * `tiny` looks with face-api's quick detector at three scales, `ssd` with its thorough one at two
 * scales, `auto` with all of these in that order until a face is found. `box` takes the record's box, and
 * looks only where there is none or it leads to no face; `aligned` does not look: it takes the place
 * that a face has in every aligned image of CelebA.
 */
export const DETECTORS = ["auto", "tiny", "ssd", "box", "aligned"] as const;

/** One of {@linkcode DETECTORS}. */
export type DetectorName = typeof DETECTORS[number];
