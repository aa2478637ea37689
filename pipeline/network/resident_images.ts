/** Training images that stay on the device, so that a step need not bring them there. */

import { type AugmentShape, type ImageChunk, imageStride } from "../../kernels/augment.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";

/** Bytes that are brought to the device at a time. */
const UPLOAD_BYTES = 2 ** 24;
/** Pieces of that size that are under way: what the queue has not taken lies in this machine's memory. */
const UNDER_WAY = 16;

/** Images on a device. Dispose it to release them. */
export class ResidentImages implements Disposable {
  /** The buffers that hold them, each small enough to be bound. */
  readonly chunks: readonly (ImageChunk & { readonly images: GPUBuffer })[];
  readonly #gpu: Gpu;
  readonly #places: Map<object, number>;

  private constructor(gpu: Gpu, owners: readonly object[], input: AugmentShape) {
    this.#gpu = gpu;
    this.#places = new Map(owners.map((owner, place) => [owner, place]));
    const stride = imageStride(input);
    const most = Math.floor(gpu.bindingLimit / stride);
    this.chunks = Array.from({ length: Math.ceil(owners.length / most) }, (_, chunk) => {
      const first = chunk * most;
      const count = Math.min(most, owners.length - first);
      return { images: gpu.createBuffer(count * stride, "resident images"), first, count };
    });
  }

  /**
   * Brings images to a device.
   *
   * @param owners What each is known by.
   * @param pixelsOf Fetches each by its place, u8 [H, W, 3]; one for which it says null is not there then.
   */
  static async upload(
    gpu: Gpu,
    owners: readonly object[],
    input: AugmentShape,
    pixelsOf: PixelsOf,
  ): Promise<ResidentImages> {
    const resident = new ResidentImages(gpu, owners, input);
    try {
      await resident.#fill(owners, imageStride(input), pixelsOf);
      return resident;
    } catch (error) {
      resident[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes that so many images take. */
  static bytesOf(count: number, input: AugmentShape): number {
    return count * imageStride(input);
  }

  /** Where an owner's image lies among all; undefined if it is not one of them. */
  placeOf(owner: object): number | undefined {
    return this.#places.get(owner);
  }

  [Symbol.dispose](): void {
    this.#gpu.destroy(...this.chunks.map(({ images }) => images));
  }

  async #fill(
    owners: readonly object[],
    stride: number,
    pixelsOf: PixelsOf,
  ): Promise<void> {
    const { queue } = this.#gpu.device;
    const atOnce = Math.max(1, Math.floor(UPLOAD_BYTES / stride));
    let pieces = 0;
    for (const { images, first, count } of this.chunks) {
      for (let from = 0; from < count; from += atOnce) {
        const length = Math.min(atOnce, count - from);
        const bytes = new Uint8Array(length * stride);
        const fetched = Array.from({ length }, (_, i) => pixelsOf(first + from + i));
        for (const [i, pixels] of (await Promise.all(fetched)).entries()) {
          if (pixels) bytes.set(pixels, i * stride);
          else this.#places.delete(owners[first + from + i]!);
        }
        queue.writeBuffer(images, from * stride, bytes);
        if (++pieces % UNDER_WAY === 0) await queue.onSubmittedWorkDone();
      }
    }
  }
}

type PixelsOf = (place: number) => Uint8Array | null | Promise<Uint8Array | null>;
