/** The transformations of Winograd's F(4x4, 3x3), which both families of kernels use. */

import { TEXEL_ROW } from "../webgpu/device_memory.ts";
import type { Binding, Gpu } from "../webgpu/gpu.ts";
import type { Border } from "./conv2d_shape.ts";
import buffer from "../wgsl/convolution/winograd_buffer.wgsl" with { type: "text" };
import source from "../wgsl/convolution/winograd.wgsl" with { type: "text" };
import texel from "../wgsl/convolution/texel.wgsl" with { type: "text" };
import texels from "../wgsl/convolution/winograd_texels.wgsl" with { type: "text" };

/** Numbers of a transformed tile. */
export const POINTS = 36;
/** Outputs along a side of a tile. */
const SIDE = 4;

/** Images of the given size, and how their outputs are cut into tiles. */
export interface Tiling {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
}

/** How outputs of a size are cut. */
export function tilingOf(height: number, width: number): Tiling {
  return { height, width, rows: Math.ceil(height / SIDE), columns: Math.ceil(width / SIDE) };
}

/** Where tiles lie, for `image`, `gradient` and `result`. */
export interface Place extends Partial<Tiling>, Partial<Border> {
  readonly channels?: number;
  /** The tile, through all images, that is the first of those at hand. */
  readonly first?: number;
}

type Transformation = "image" | "taps" | "gradient" | "result" | "taps_grad";

const TEXELS = {
  label: "winograd",
  source: source + texels + texel,
  constants: { TEXEL_ROW },
};
const BUFFER = { label: "winograd", source: source + buffer };

/**
 * Records a transformation of `numbers` numbers on the side of one point: channels times tiles. Texels have a
 * tile's points together, [T, 36, C]; buffers have each point's tiles together, [36, T, C].
 */
export function transform(
  gpu: Gpu,
  entry: Transformation,
  from: Binding,
  to: Binding,
  numbers: number,
  place: Place,
): void {
  const { channels = 4, height = 0, width = 0, rows = 0, columns = 0 } = place;
  const { top = 0, left = 0, first = 0 } = place;
  const isTexels = from instanceof GPUTextureView;
  const step = isTexels ? channels / 4 : numbers / 4;
  const sizes = [numbers / 4, channels / 4, height, width, rows, columns, top, left, first, step];
  const kernel = { ...(isTexels ? TEXELS : BUFFER), entry };
  gpu.dispatch(kernel, [from, to, gpu.uniforms(sizes)], [Math.ceil(numbers / 4 / 64)]);
}
