/** Training images that stay on the device, so that a step need not bring them there. */

import { type AugmentShape, type ImageChunk, imageStride } from "../../kernels/augment.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";

/** Bytes that are brought to the device at a time. */
const UPLOAD_BYTES = 2 ** 24;

/** Images on a device. Dispose it to release them. */
export class ResidentImages implements Disposable {
  /** The buffers that hold them, each small enough to be bound. */
  readonly chunks: readonly (ImageChunk & { readonly images: GPUBuffer })[];
  readonly #gpu: Gpu;
  readonly #places: ReadonlyMap<Uint8Array, number>;

  /** @param images u8 [H, W, 3] each. They are told from each other as objects. */
  constructor(gpu: Gpu, images: readonly Uint8Array[], input: AugmentShape) {
    this.#gpu = gpu;
    this.#places = new Map(images.map((image, place) => [image, place]));
    const stride = imageStride(input);
    const most = Math.floor(gpu.bindingLimit / stride);
    this.chunks = Array.from({ length: Math.ceil(images.length / most) }, (_, chunk) => {
      const first = chunk * most;
      const some = images.slice(first, first + most);
      return { images: upload(gpu, some, stride), first, count: some.length };
    });
  }

  /** Bytes that so many images take. */
  static bytesOf(count: number, input: AugmentShape): number {
    return count * imageStride(input);
  }

  /** Where an image lies among all; undefined if it is not one of them. */
  placeOf(image: Uint8Array): number | undefined {
    return this.#places.get(image);
  }

  [Symbol.dispose](): void {
    this.#gpu.destroy(...this.chunks.map(({ images }) => images));
  }
}

/** Images in a new buffer, `stride` bytes from one to the next. */
function upload(gpu: Gpu, images: readonly Uint8Array[], stride: number): GPUBuffer {
  const buffer = gpu.createBuffer(images.length * stride, "resident images");
  const atOnce = Math.max(1, Math.floor(UPLOAD_BYTES / stride));
  for (let first = 0; first < images.length; first += atOnce) {
    const some = images.slice(first, first + atOnce);
    const bytes = new Uint8Array(some.length * stride);
    some.forEach((image, index) => bytes.set(image, index * stride));
    gpu.device.queue.writeBuffer(buffer, first * stride, bytes);
  }
  return buffer;
}
