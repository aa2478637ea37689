/** Makes the network's input of images in bytes: shifted, mirrored and scaled. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid } from "./webgpu/kernel.ts";
import { part, runsOf } from "./webgpu/runs.ts";
import source from "./wgsl/augment.wgsl" with { type: "text" };

/** How one image is changed: by a shift in pixels of its own, and mirroring. */
export interface Change {
  readonly dy: number;
  readonly dx: number;
  readonly flip: boolean;
}

/** An image as it is. */
export const UNCHANGED: Change = { dy: 0, dx: 0, flip: false };

export interface AugmentShape {
  readonly height: number;
  readonly width: number;
}

/** f32 [256]: the network's input for each byte, −1 … 1. */
export const SCALED: Float32Array<ArrayBuffer> = Float32Array.from(
  { length: 256 },
  (_, value) => value / 127.5 - 1,
);

/** Bytes of an image where several lie in one buffer: each begins at a word. */
export function imageStride({ height, width }: AugmentShape): number {
  return Math.ceil(height * width * 3 / 4) * 4;
}

/** i32 [B, 4]: for each image its place among all that are kept, dy, dx, and 1 where it is mirrored. */
export function packChanges(
  places: readonly number[],
  changes: readonly Change[],
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    places.flatMap((place, index) => {
      const { dy, dx, flip } = changes[index]!;
      return [place, dy, dx, flip ? 1 : 0];
    }),
  );
}

/** Images in one buffer, u8 [N, H, W, 3], each {@linkcode imageStride} bytes behind the one before. */
export interface ImageChunk {
  readonly images: Binding;
  /** Place of the first image among all that are kept. */
  readonly first: number;
  /** N. */
  readonly count: number;
}

/**
 * Records the images of a batch, each from whichever chunk holds it: the same bits as the twin's,
 * `kernels/cpu/augment.ts`. What a shift uncovers repeats the border.
 *
 * changes  i32 [B, 4]        see {@linkcode packChanges}
 * scaled   f32 [256]         {@linkcode SCALED}
 * target   f32 [B, H, W, 3]  written
 */
export function augment(
  gpu: Gpu,
  chunks: readonly ImageChunk[],
  { changes, scaled, target }: Readonly<Record<"changes" | "scaled" | "target", Binding>>,
  { batch, height, width }: AugmentShape & { readonly batch: number },
): void {
  const bytes = 12 * height * width;
  const words = imageStride({ height, width }) / 4;
  for (const run of runsOf(gpu, batch, { bound: [bytes] })) {
    for (const { images, first, count } of chunks) {
      gpu.dispatch(
        { label: "augment", source },
        [
          ...[images, changes, scaled, part(target, run, bytes)],
          gpu.uniforms([run.first, run.count, first, count, height, width, words]),
        ],
        grid(run.count * height * width / 64),
      );
    }
  }
}
