/**
 * Cascades of regression trees that place points on a face: what they are, and what they are given.
 *
 * Dimension letters: B faces, S stages of the cascade, T trees a stage, D depth of a tree, F features a
 * stage, N coordinates (two for each point).
 *
 * Source: Kazemi and Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression Trees"
 * (CVPR 2014), as trained and applied by dlib 19.24.
 */

/**
 * A trained cascade.
 *
 * Each stage compares the brightness of pixels around the points that the stage before it gave; each
 * of its trees adds one of its leaves to all points. Coordinates are shares of the face's box.
 */
export interface TreeCascade {
  /** S */
  readonly stages: number;
  /** T */
  readonly trees: number;
  /** D: a tree has 2^D − 1 splits, root first, and 2^D leaves. */
  readonly depth: number;
  /** F */
  readonly features: number;
  /** f32 [N]: x0, y0, x1, y1, … where the points are before the first stage. */
  readonly initial: Float32Array<ArrayBufferLike>;
  /** u32 [S, F]: the point that each feature moves with. */
  readonly anchors: Uint32Array<ArrayBufferLike>;
  /** f32 [S, F, 2]: where the feature lies from its point, in the frame of the initial shape. */
  readonly deltas: Float32Array<ArrayBufferLike>;
  /** u32 [S, T, 2^D − 1]: the two features of a split, the first in the low 16 bits. */
  readonly pairs: Uint32Array<ArrayBufferLike>;
  /** f32 [S, T, 2^D − 1]: left is taken where the first feature exceeds the second by more. */
  readonly thresholds: Float32Array<ArrayBufferLike>;
  /** f32 [S, T, 2^D, N] */
  readonly leaves: Float32Array<ArrayBufferLike>;
  /** The shared memory in which pairs, thresholds and leaves lie, if they do. */
  readonly memory?: WebAssembly.Memory;
}

/** The arrays of a cascade that are as long as its trees are many. */
export type TreeArrays = Required<
  Pick<TreeCascade, "pairs" | "thresholds" | "leaves" | "memory">
>;

/** What a memory is measured in. */
const PAGE = 65536;

/**
 * Makes the arrays for trees in one shared memory, which can be given to worker threads without a copy
 * and which the CPU path reads as it is.
 */
export function allocateTrees(
  { stages, trees, depth }: Pick<TreeCascade, "stages" | "trees" | "depth">,
  numbers: number,
): TreeArrays {
  const splits = stages * trees * (2 ** depth - 1);
  const leaves = stages * trees * 2 ** depth * numbers;
  // The leaves come first, where they are aligned to vectors.
  const pages = Math.ceil(4 * (leaves + 2 * splits) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: PAGE, shared: true });
  const { buffer } = memory;
  return {
    leaves: new Float32Array(buffer, 0, leaves),
    pairs: new Uint32Array(buffer, 4 * leaves, splits),
    thresholds: new Float32Array(buffer, 4 * (leaves + splits), splits),
    memory,
  };
}

/** Faces whose points are to be placed. */
export interface TreeCascadeJob {
  /** u8: the pixels of all windows, row by row, one window after the other. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** u32 [B, 3]: a window's first pixel in `pixels`, its width and its height. Outside it is black. */
  readonly windows: Uint32Array<ArrayBuffer>;
  /**
   * f32 [B, 6]: a face's box in pixels of its window, where pixel centres are whole numbers: x and y of
   * its upper left corner, and the ways from there to the upper right (x, y) and to the lower left. A
   * level box of w x h pixels is left, top, w − 1, 0, 0, h − 1: from its first pixel's centre to its
   * last's.
   */
  readonly boxes: Float32Array<ArrayBuffer>;
}

/**
 * Checks a job.
 *
 * @returns B
 * @throws {TypeError} If the arrays' lengths do not agree, or a window lies outside the pixels.
 */
export function checkTreeCascadeJob({ pixels, windows, boxes }: TreeCascadeJob): number {
  const faces = windows.length / 3;
  if (!Number.isInteger(faces) || boxes.length !== 6 * faces) {
    throw new TypeError(
      `Cannot place points: windows must be [B, 3] and boxes [B, 6], ` +
        `got ${windows.length} and ${boxes.length} numbers`,
    );
  }
  for (let b = 0; b < faces; b++) {
    const [first, width, height] = windows.subarray(3 * b) as unknown as [number, number, number];
    if (first + width * height <= pixels.length) continue;
    throw new TypeError(
      `Cannot place points: window ${b} of ${width}x${height} at ${first} ends beyond the ` +
        `${pixels.length} pixels`,
    );
  }
  return faces;
}
