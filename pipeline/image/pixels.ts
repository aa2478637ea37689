/** What a decoded picture is, and how large one may be. */

/** A picture of 8-bit RGB pixels. */
export interface RgbImage {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** u8 [height, width, 3], row by row from the top. */
  readonly data: Uint8Array;
  /** What is wrong with the file, if it is damaged and was to be used as far as it goes. */
  readonly damage?: string;
}

/** How a picture is decoded. */
export interface DecodeOptions {
  /** Whether a damaged JPEG is used as far as it goes: what is missing is gray, as libjpeg shows it. */
  readonly useDamaged?: boolean | undefined;
}

/** A picture of 8-bit RGBA pixels, on its way to an {@linkcode RgbImage}. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  /** u8 [height, width, 4] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Largest picture that is decoded. At 64 megapixels the pixels alone are 200 MB, and decoding a
 * progressive JPEG takes five times as much; photographs of today's cameras stay below it.
 */
const MAX_PIXELS = 64e6;

/**
 * Checks the size that a picture's header gives, before any memory is asked for.
 *
 * @throws {SyntaxError} If there is no pixel.
 * @throws {RangeError} If there are more than 64 million.
 */
export function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) {
    throw new SyntaxError(`the picture has no pixels (${width}x${height})`);
  }
  if (width * height > MAX_PIXELS) {
    throw new RangeError(
      `the picture is too large: ${width}x${height} is more than 64 megapixels`,
    );
  }
}

/** A decoder whose memory (which never shrinks) has grown beyond this is not kept: 64 MiB. */
export const KEPT_MEMORY_BYTES = 64 * 2 ** 20;

/** RGBA pixels as RGB; what is transparent shows white. */
export function overWhite(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const white = 255.5 - alpha;
    const share = alpha / 255;
    rgb[to] = rgba[from]! * share + white;
    rgb[to + 1] = rgba[from + 1]! * share + white;
    rgb[to + 2] = rgba[from + 2]! * share + white;
  }
  return rgb;
}

/** The picture at a place of a larger, transparent one; what sticks out is cut off. */
export function placeOn(
  { width, height }: Pick<RgbaImage, "width" | "height">,
  image: RgbaImage,
  { x, y }: { readonly x: number; readonly y: number },
): RgbaImage {
  const data = new Uint8Array(4 * width * height);
  const columns = Math.max(0, Math.min(image.width, width - x));
  for (let row = 0; row < Math.min(image.height, height - y); row++) {
    const from = 4 * row * image.width;
    data.set(image.data.subarray(from, from + 4 * columns), 4 * ((y + row) * width + x));
  }
  return { width, height, data };
}
