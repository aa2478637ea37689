/** The network's input of images that are taken as they are. */

import * as tf from "@tensorflow/tfjs-core";
import { type AugmentShape, UNCHANGED } from "../../kernels/augment.ts";
import { augment } from "../../kernels/cpu/augment.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import type { WasmThreads } from "../../kernels/wasm/threads.ts";
import { DeviceImages } from "./device_images.ts";

/** Makes the input. Dispose it to release its buffers. */
export interface NetworkInput extends Disposable {
  /** f32 [N, H, W, 3] of images u8 [H, W, 3] each. On a device N is always the batch, and the rest is grey. */
  of(images: readonly Uint8Array[]): tf.Tensor4D;
}

/** Input for up to `batch` images at a time, where the network computes. */
export function networkInput(
  compute: TfjsHost | WasmThreads,
  size: AugmentShape,
  batch: number,
): NetworkInput {
  const { height, width } = size;
  if (!(compute instanceof TfjsHost)) {
    const of = (images: readonly Uint8Array[]) => {
      const numbers = augment(images, images.map(() => UNCHANGED), size);
      return tf.tensor4d(numbers, [images.length, height, width, 3]);
    };
    return { of, [Symbol.dispose]: () => {} };
  }
  const onDevice = new DeviceImages(compute, batch, size);
  // The kernels and their order of adding depend on the number of images.
  const grey = new Uint8Array(height * width * 3).fill(128);
  const of = (images: readonly Uint8Array[]) => {
    const all = Array.from({ length: batch }, (_, i) => images[i] ?? grey);
    onDevice.write(all, all.map(() => UNCHANGED));
    return onDevice.tensor();
  };
  return { of, [Symbol.dispose]: () => onDevice[Symbol.dispose]() };
}
