/** Which source pixels nearest-neighbour resizing looks at, and the other way round. */

/** Samples of one axis. */
export interface SampleGrid {
  /** i32 [size]: the source index of each sample; never decreases. */
  readonly at: Int32Array<ArrayBuffer>;
  /** i32 [sourceSize + 1]: how many samples lie before each source index. */
  readonly before: Int32Array<ArrayBuffer>;
}

/**
 * The samples at which a resize of `sourceSize` pixels to `size` pixels looks.
 *
 * The scale is computed by two divisions in f64 as OpenCV does it: some sizes depend on it.
 * Source: cv::resize with INTER_NEAREST, opencv/opencv 4.6, modules/imgproc/src/resize.cpp.
 */
export function sampleGrid(sourceSize: number, size: number): SampleGrid {
  const scale = 1 / (size / sourceSize);
  const at = Int32Array.from(
    { length: size },
    (_, i) => Math.min(Math.floor(i * scale), sourceSize - 1),
  );
  const before = new Int32Array(sourceSize + 1);
  for (let index = 0, samples = 0; index <= sourceSize; index++) {
    before[index] = samples;
    while (samples < size && (at[samples] as number) <= index) samples++;
  }
  return { at, before };
}
