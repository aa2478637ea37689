/** Heat maps: where on a face the network sees an attribute. */

import type { RgbImage } from "../pixels.ts";

/** A map of one attribute, of any size: it covers the whole image. */
export interface HeatMap {
  /** w */
  readonly width: number;
  /** h */
  readonly height: number;
  /** f32 [h, w]; 0 nowhere, 1 certain. What is outside, or not a number, is taken as 0 or 1. */
  readonly data: Float32Array;
}

/** How a heat map is laid over an image. */
export interface HeatMapOptions {
  /** Share of the colour in a pixel whose value is 1; a value v has this share times v. */
  readonly opacity?: number;
}

/**
 * Lays a map over an image. The map is enlarged bilinearly, pixel centres on pixel centres; its value
 * decides both the colour ({@linkcode heatColour}) and how much of it shows, so that a map of zeros
 * leaves the image as it is.
 *
 * @example A map that looks at the upper half
 * ```ts
 * import { drawHeatMap, readImage } from "@attparsenet/attparsenet";
 *
 * const image = await readImage("data/sample/Img/img_align_celeba/000001.jpg");
 * const map = { width: 1, height: 2, data: Float32Array.of(1, 0) };
 * const { width, height } = drawHeatMap(image, map, { opacity: 0.6 });
 * console.log(width, height);
 * ```
 *
 * @returns A new image of the same size.
 * @throws {TypeError} If the data of the image or the map does not have the stated size.
 */
export function drawHeatMap(
  image: RgbImage,
  map: HeatMap,
  { opacity = 0.8 }: HeatMapOptions = {},
): RgbImage {
  checkSize("image", image, 3);
  checkSize("heat map", map, 1);
  const columns = taps(image.width, map.width);
  const rows = taps(image.height, map.height);
  const data = new Uint8Array(image.data.length);
  let at = 0;
  for (const [top, bottom, down] of rows) {
    const upper = map.data.subarray(top * map.width, (top + 1) * map.width);
    const lower = map.data.subarray(bottom * map.width, (bottom + 1) * map.width);
    for (const [left, right, across] of columns) {
      const above = mix(unit(upper[left]), unit(upper[right]), across);
      const below = mix(unit(lower[left]), unit(lower[right]), across);
      const value = mix(above, below, down);
      const colour = heatColour(value);
      for (let channel = 0; channel < 3; channel++, at++) {
        data[at] = Math.round(mix(image.data[at] ?? 0, colour[channel] ?? 0, opacity * value));
      }
    }
  }
  return { width: image.width, height: image.height, data };
}

/** The colour of a value from 0 (dark violet) over blue, teal and green to 1 (bright yellow), sRGB. */
export function heatColour(value: number): readonly [red: number, green: number, blue: number] {
  return RAMP[Math.round(unit(value) * STEPS)] ?? BLACK;
}

const STEPS = 255;
const BLACK = [0, 0, 0] as const;

/**
 * The colours of all steps. Perceptually even by construction: in Oklch the lightness rises and the
 * hue turns by equal amounts a step. The chroma stays inside sRGB all along this path, less in the
 * middle, where the cyans are weak. It reads in greyscale and for the colour-blind as lightness alone.
 */
const RAMP = Array.from({ length: STEPS + 1 }, (_, step) => {
  const t = step / STEPS;
  return oklchToSrgb(0.28 + 0.64 * t, 0.095 + 0.045 * (2 * t - 1) ** 2, 300 - 195 * t);
});

/**
 * An Oklch colour in sRGB.
 *
 * Source: B. Ottosson, "A perceptual color space for image processing" (2020), Oklab to linear sRGB;
 * IEC 61966-2-1 for the transfer function.
 *
 * @param lightness 0 to 1
 * @param hue degrees
 */
function oklchToSrgb(lightness: number, chroma: number, hue: number): [number, number, number] {
  const a = chroma * Math.cos(hue * Math.PI / 180);
  const b = chroma * Math.sin(hue * Math.PI / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encodeChannel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encodeChannel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encodeChannel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light to 8 bits. */
function encodeChannel(linear: number): number {
  const light = unit(linear);
  const encoded = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}

/** For each of `to` pixels, the two of `from` pixels around its centre and the weight of the second. */
function taps(to: number, from: number): [first: number, second: number, weight: number][] {
  return Array.from({ length: to }, (_, pixel) => {
    const at = Math.min(Math.max((pixel + 0.5) * from / to - 0.5, 0), from - 1);
    const first = Math.floor(at);
    return [first, Math.min(first + 1, from - 1), at - first];
  });
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}

/** The value within 0 to 1; what is not a number is 0. */
function unit(value: number | undefined): number {
  return value !== undefined && value > 0 ? Math.min(value, 1) : 0;
}

function checkSize(
  what: string,
  { width, height, data }: { width: number; height: number; data: ArrayLike<number> },
  channels: number,
): void {
  const wanted = width * height * channels;
  if (wanted > 0 && data.length === wanted) return;
  throw new TypeError(
    `Cannot draw a heat map: the ${what} of ${width}x${height} pixels needs ${wanted} values, ` +
      `it has ${data.length}`,
  );
}
