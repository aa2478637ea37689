/** The record that travels between stages: everything known about one face image. */

/** Part of a data set. CelebA's partition file writes them as 0, 1 and 2. */
export type Split = "train" | "validation" | "test";

/** The three splits in the order of CelebA's partition numbers. */
export const SPLITS = ["train", "validation", "test"] as const satisfies readonly Split[];

/** How far an image may have to be turned, in degrees clockwise. */
export const TURNS = [0, 90, 180, 270] as const;

/** One of {@linkcode TURNS}. */
export type Turn = typeof TURNS[number];

/** A rectangle in pixels of the image file; x to the right, y down. */
export interface Box {
  /** Left edge. */
  readonly x: number;
  /** Upper edge. */
  readonly y: number;
  /** Pixels from the left edge to the right one. */
  readonly width: number;
  /** Pixels from the upper edge to the lower one. */
  readonly height: number;
}

/**
 * One face.
 *
 * Points and boxes are in pixels of the image file as it lies, whatever its size; a stage that works
 * in another frame scales them by `size`.
 */
export interface FaceRecord {
  /** File name as the data set spells it, such as `000001.jpg`: the key that joins all files. */
  readonly image: string;
  /** Where the image file lies. */
  readonly path: string;
  /** Part of the data set, or null where nothing says. */
  readonly split: Split | null;
  /** 40 label bits (see `attributes.ts`), or null where the face is not labelled. */
  readonly labels: number | null;
  /** Width and height of the image file, once it has been decoded. */
  readonly size: readonly [width: number, height: number] | null;
  /** The face's box, from the data set or a detector. */
  readonly box: Box | null;
  /** 68 landmarks in iBUG order as x0, y0, x1, y1, … (136 numbers), or null before that stage. */
  readonly points: Float32Array | null;
  /** Why the face takes no part in what follows, or null if it does. */
  readonly rejected: string | null;
  /**
   * What is wrong with the image file, which is used as far as it goes; null where it may be used in this way
   * and nothing is known to be wrong. Without it, a damaged image is rejected.
   */
  readonly damage?: string | null;
  /** How far the image has to be turned for the face to be upright; absent where it is. */
  readonly turn?: Turn;
}
