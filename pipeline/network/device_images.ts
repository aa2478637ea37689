/**
 * The images of batches on their way to a device: bytes go up, and a kernel makes the network's input of them.
 */

import type * as tf from "@tensorflow/tfjs-core";
import {
  augment,
  type AugmentShape,
  type Change,
  type ImageChunk,
  imageStride,
  packChanges,
  SCALED,
} from "../../kernels/augment.ts";
import { InputBlock } from "../../kernels/webgpu/input_block.ts";
import type { TfjsHost } from "../../kernels/tfjs/host.ts";
import type { ResidentImages } from "./resident_images.ts";

/** Buffers for batches of one size. Dispose it to release them. */
export class DeviceImages implements Disposable {
  readonly #host: TfjsHost;
  readonly #batch: number;
  readonly #input: AugmentShape;
  readonly #resident: ResidentImages | null;
  readonly #block: InputBlock<"changes" | "images">;
  readonly #scaled: GPUBuffer;

  /** @param resident Where the images are already; null to upload those of each batch. */
  constructor(
    host: TfjsHost,
    batch: number,
    input: AugmentShape,
    resident: ResidentImages | null = null,
  ) {
    this.#host = host;
    this.#batch = batch;
    this.#input = input;
    this.#resident = resident;
    const images = resident ? 0 : batch * imageStride(input);
    this.#block = new InputBlock(host.gpu, "images", { changes: 16 * batch, images });
    this.#scaled = host.gpu.upload(SCALED, "scaled");
  }

  /**
   * Brings a batch to the device, after everything that has been recorded.
   *
   * @param images u8 [H, W, 3] each; where they are already, what they are known by there.
   */
  write(images: readonly (Uint8Array | object)[], changes: readonly Change[]): void {
    const resident = this.#resident;
    const places = images.map((image, index) => resident ? resident.placeOf(image)! : index);
    this.#block.fill("changes", packChanges(places, changes));
    if (!resident) {
      const stride = imageStride(this.#input);
      images.forEach((image, index) =>
        this.#block.fill("images", image as Uint8Array, index * stride)
      );
    }
    this.#block.write();
  }

  /** Records the input of the batch that is there when this runs, f32 [B, H, W, 3]. The caller disposes it. */
  tensor(): tf.Tensor4D {
    const { height, width } = this.#input;
    const target = this.#host.tensor([this.#batch, height, width, 3]) as tf.Tensor4D;
    const buffers = {
      changes: this.#block.binding("changes"),
      scaled: this.#scaled,
      target: this.#host.bind(target),
    };
    augment(this.#host.gpu, this.#chunks, buffers, { batch: this.#batch, height, width });
    return target;
  }

  get #chunks(): readonly ImageChunk[] {
    if (this.#resident) return this.#resident.chunks;
    return [{ images: this.#block.binding("images"), first: 0, count: this.#batch }];
  }

  [Symbol.dispose](): void {
    this.#block[Symbol.dispose]();
    this.#host.gpu.destroy(this.#scaled);
  }
}
