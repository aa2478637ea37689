/** The frame in which masks are drawn. */

/** The size of CelebA's aligned images. */
export const FRAME = { height: 218, width: 178 } as const;
