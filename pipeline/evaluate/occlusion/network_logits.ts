/** The logits alone of a network that has been prepared for its backend. */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Backend, computeOf } from "../../compute/backend.ts";
import type { InputSize } from "../../face/faces.ts";
import { applyNetwork } from "../../network/network.ts";
import { networkInput } from "../../network/network_input.ts";

/** Runs on up to a batch of images u8 [H, W, 3]; f32 [N, A] or more rows, of which the first N count. */
export type Logits = (images: readonly Uint8Array[]) => Promise<Float32Array>;

/** The network's logits for up to `batch` images at a time. Dispose it to release its buffers. */
export function networkLogits(
  backend: Backend,
  network: LayersModel,
  size: InputSize,
  batch: number,
): { readonly logits: Logits } & Disposable {
  const input = networkInput(computeOf(backend), size, batch);
  const logits: Logits = async (images) => {
    const tensor = tf.tidy(() => applyNetwork(network, input.of(images), false).logits);
    const values = await tensor.data<"float32">();
    tensor.dispose();
    return values;
  };
  return { logits, [Symbol.dispose]: () => input[Symbol.dispose]() };
}
