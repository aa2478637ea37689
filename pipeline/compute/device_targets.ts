/**
 * What the losses want of batches, on its way to a device: labels and polygons go up, and the rasteriser makes
 * region bits of them.
 */

import { type LossTargets, packTargets } from "../../kernels/joint_loss.ts";
import { InputBlock } from "../../kernels/webgpu/input_block.ts";
import { drawRegions, gridOf, placementsOf, type RasterizeJob } from "../../kernels/rasterize.ts";
import { checkRasterizeJob, type RasterizeShape } from "../../kernels/rasterize_job.ts";
import type { TfjsHost } from "../../kernels/tfjs/host.ts";
import { ATTRIBUTES } from "../face/attributes.ts";

const A = ATTRIBUTES.length;

/** Buffers for batches of one size and shape. Dispose it to release them. */
export class DeviceTargets implements Disposable {
  readonly #host: TfjsHost;
  readonly #shape: RasterizeShape;
  readonly #block: InputBlock<"targets" | "polygons" | "counts" | "placements">;
  readonly #grid: GPUBuffer;

  /** @param job Any one of that size and shape. */
  constructor(host: TfjsHost, job: RasterizeJob) {
    this.#host = host;
    this.#shape = checkRasterizeJob(job);
    const { images } = this.#shape;
    this.#block = new InputBlock(host.gpu, "targets", {
      targets: 16 * images * A,
      polygons: job.polygons.byteLength,
      counts: job.counts.byteLength,
      placements: placementsOf(job, this.#shape).byteLength,
    });
    this.#grid = host.gpu.upload(gridOf(this.#shape), "grid");
  }

  /** Brings a batch's targets to the device, after everything that has been recorded. */
  write(job: RasterizeJob, targets: LossTargets): void {
    this.#block.fill("targets", packTargets(targets, A));
    this.#block.fill("polygons", job.polygons);
    this.#block.fill("counts", job.counts);
    this.#block.fill("placements", placementsOf(job, checkRasterizeJob(job)));
    this.#block.write();
  }

  /** f32 [B, 4, A], see `packTargets`. */
  get targets(): GPUBufferBinding {
    return this.#block.binding("targets");
  }

  /** Records the region bits of the batch that is there when this runs, u32 [B, h, w]. */
  bits(): GPUBuffer {
    const { images, mask: { height, width } } = this.#shape;
    // The caller's `tf.tidy` disposes it.
    const bits = this.#host.bind(this.#host.tensor([images, height, width], "int32"));
    const [polygons, counts, placements] = (["polygons", "counts", "placements"] as const)
      .map((name) => this.#block.binding(name));
    const buffers = { polygons: polygons!, counts: counts!, placements: placements! };
    const target = { buffer: bits, size: 4 * images * height * width };
    drawRegions(this.#host.gpu, { ...buffers, grid: this.#grid, bits: target }, this.#shape);
    return bits;
  }

  [Symbol.dispose](): void {
    this.#block[Symbol.dispose]();
    this.#host.gpu.destroy(this.#grid);
  }
}
