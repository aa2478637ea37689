/** Max pooling by 2 x 2 without overlap or border, and its gradient. */

import { pooledSize } from "./batch_norm_pool.ts";
import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { grid, numbersAtOnce } from "./webgpu/kernel.ts";
import { part, runsOf } from "./webgpu/runs.ts";
import source from "./wgsl/max_pool.wgsl" with { type: "text" };

/** Sizes of x [B, H, W, C]; y is [B, ⌊H / 2⌋, ⌊W / 2⌋, C]. */
export interface MaxPoolShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Records y, the largest element of each window.
 *
 * x  f32 [B, H, W, C]
 * y  f32 [B, ⌊H / 2⌋, ⌊W / 2⌋, C]  written
 */
export function maxPool(
  gpu: Gpu,
  { x, y }: Readonly<Record<"x" | "y", Binding>>,
  shape: MaxPoolShape,
): void {
  const { kernel, bytes, runs } = layout(gpu, shape);
  for (const { run, sizes } of runs) {
    const bindings = [part(x, run, bytes.x), part(y, run, bytes.y), sizes];
    gpu.dispatch(kernel, bindings, grid(run.count * Math.floor(shape.height / 2)));
  }
}

/**
 * Records dx: each window's gradient at its largest element, the first in row-major order if several are
 * equal, as in PyTorch; elements of an odd last row or column are in no window.
 *
 * x   f32 [B, H, W, C]
 * y   f32 [B, ⌊H / 2⌋, ⌊W / 2⌋, C]  what {@linkcode maxPool} wrote
 * dy  f32 [B, ⌊H / 2⌋, ⌊W / 2⌋, C]
 * dx  f32 [B, H, W, C]              written
 */
export function maxPoolGrad(
  gpu: Gpu,
  { x, y, dy, dx }: Readonly<Record<"x" | "y" | "dy" | "dx", Binding>>,
  shape: MaxPoolShape,
): void {
  const { kernel, bytes, runs } = layout(gpu, shape);
  for (const { run, sizes } of runs) {
    const [partX, partDx] = [x, dx].map((buffer) => part(buffer, run, bytes.x));
    const [partY, partDy] = [y, dy].map((buffer) => part(buffer, run, bytes.y));
    const bindings = { 0: partX!, 2: sizes, 3: partY!, 4: partDy!, 5: partDx! };
    gpu.dispatch(
      { ...kernel, entry: "grad" },
      bindings,
      grid(run.count * Math.ceil(shape.height / 2)),
    );
  }
}

/** What both passes work out from the shape: bytes of an image, and the runs of them to bind. */
function layout(gpu: Gpu, { batch, height, width, channels }: MaxPoolShape) {
  const { type, size } = numbersAtOnce(channels);
  const [high, wide] = pooledSize({ height, width });
  const bytes = { x: 4 * height * width * channels, y: 4 * high * wide * channels };
  const runs = runsOf(gpu, batch, { bound: [bytes.x, bytes.y] }).map((run) => (
    { run, sizes: gpu.uniforms([run.count, height, width, channels / size]) }
  ));
  return { kernel: { label: "max_pool", source, aliases: { T: type } }, bytes, runs };
}
