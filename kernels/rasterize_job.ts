/**
 * What {@linkcode rasterize} draws: polygons of many images, and where each image is sampled.
 *
 * Dimension letters: B images, R polygons an image, V vertices a polygon at most, H W the source
 * image, h w the mask.
 */

/** Height and width in pixels. */
export interface Extent {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * Polygons and the pixels at which they are looked at.
 *
 * A mask pixel (i, j) looks at one source pixel: in the window's frame at
 * (⌊i·window.height/h⌋, ⌊j·window.width/w⌋) as OpenCV's nearest-neighbour resize computes it; if the
 * image is flipped at window.width − 1 − x instead of x; then moved by the image's offset. That is
 * the same as drawing at source size, cutting the window out at the offset, mirroring it, and
 * resizing it. A pixel outside the source has no bits.
 */
export interface RasterizeJob {
  /** i32 [B, R, V, 2]: x and y of each vertex in source pixels, within ±32767. */
  readonly polygons: Int32Array<ArrayBuffer>;
  /** u32 [B, R]: how many of the V vertices are used; 0 draws nothing. */
  readonly counts: Uint32Array<ArrayBuffer>;
  /** R, at most 16. */
  readonly regions: number;
  /** H and W: polygons are clipped to this image. At most 32767. */
  readonly source: Extent;
  /** h and w. */
  readonly mask: Extent;
  /** The part of the source that the mask covers; the whole source if absent. */
  readonly window?: Extent;
  /** i32 [B, 2]: dy and dx of the window's corner in the source; zero if absent. */
  readonly offsets?: Int32Array<ArrayBuffer>;
  /** u8 [B]: 1 where the window is mirrored left to right; zero if absent. */
  readonly flips?: Uint8Array<ArrayBuffer>;
}

export interface RasterizeShape {
  readonly images: number;
  readonly regions: number;
  readonly vertices: number;
  readonly source: Extent;
  readonly mask: Extent;
  readonly window: Extent;
}

/** Largest coordinate and largest side: products of two differences then fit 32 bits. */
const MAX_COORDINATE = 32767;

/** A word holds two bits per polygon while it is being drawn. */
const MAX_REGIONS = 16;

/**
 * Checks a job and gives its sizes.
 *
 * @throws {TypeError} If the arrays' lengths do not agree.
 * @throws {RangeError} If there are too many polygons, or one lies too far away.
 */
export function checkRasterizeJob(job: RasterizeJob): RasterizeShape {
  const { polygons, counts, regions, source, mask, window = source, offsets, flips } = job;
  for (const [name, extent] of Object.entries({ source, mask, window })) checkExtent(name, extent);
  if (!Number.isInteger(regions) || regions < 1 || regions > MAX_REGIONS) {
    throw new RangeError(`Cannot rasterise: 1 to ${MAX_REGIONS} polygons an image, got ${regions}`);
  }
  const images = counts.length / regions;
  const vertices = counts.length === 0 ? 1 : polygons.length / counts.length / 2;
  checkLengths({ images, vertices }, offsets, flips);
  if (counts.some((count) => count > vertices)) {
    throw new RangeError(`Cannot rasterise: a polygon has more than its ${vertices} vertices`);
  }
  for (let at = 0; at < polygons.length; at++) {
    const value = polygons[at] as number;
    if (value <= MAX_COORDINATE && value >= -MAX_COORDINATE) continue;
    throw new RangeError(
      `Cannot rasterise: a vertex of image ${Math.floor(at / (regions * vertices * 2))} lies at ` +
        `${value}, beyond ±${MAX_COORDINATE}`,
    );
  }
  return { images, regions, vertices, source, mask, window };
}

function checkExtent(name: string, { height, width }: Extent): void {
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= MAX_COORDINATE;
  if (fits(height) && fits(width)) return;
  throw new RangeError(
    `Cannot rasterise: the ${name} is ${height}x${width}, ` +
      `whole numbers from 1 to ${MAX_COORDINATE} are needed`,
  );
}

function checkLengths(
  { images, vertices }: { images: number; vertices: number },
  offsets: Int32Array | undefined,
  flips: Uint8Array | undefined,
): void {
  if (!Number.isInteger(images) || !Number.isInteger(vertices) || vertices < 1) {
    throw new TypeError("Cannot rasterise: polygons must be [B, R, V, 2] and counts [B, R]");
  }
  if (offsets && offsets.length !== 2 * images) {
    throw new TypeError(
      `Cannot rasterise: offsets must be [B, 2] = ${2 * images} numbers, got ${offsets.length}`,
    );
  }
  if (offsets?.some((value) => Math.abs(value) > MAX_COORDINATE)) {
    throw new RangeError(`Cannot rasterise: an offset lies beyond ±${MAX_COORDINATE}`);
  }
  if (flips && flips.length !== images) {
    throw new TypeError(
      `Cannot rasterise: flips must be [B] = ${images} numbers, got ${flips.length}`,
    );
  }
}
