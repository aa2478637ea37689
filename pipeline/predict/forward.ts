/** A network's forward pass on pictures. */

import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { applyNetwork } from "../network/network.ts";
import type { NetworkInput } from "../network/network_input.ts";

/** What the network says of one image. */
export interface Output {
  /** f32 [40], before the sigmoid. */
  readonly logits: Float32Array;
  /** f32 [h, w, 40]. */
  readonly maps: Float32Array;
}

/** Runs the network on pictures, u8 [H, W, 3] each at its input size. */
export async function forward(
  pictures: readonly Uint8Array[],
  network: LayersModel,
  input: NetworkInput,
): Promise<Output[]> {
  const { logits, maps } = tf.tidy(() => applyNetwork(network, input.of(pictures), false));
  const count = logits.shape[0];
  const all = await Promise.all([logits.data<"float32">(), maps.data<"float32">()]);
  tf.dispose([logits, maps]);
  const [ofLogits, ofMaps] = all.map((data) => (index: number) =>
    data.subarray(index * data.length / count, (index + 1) * data.length / count)
  );
  return pictures.map((_, index) => ({ logits: ofLogits!(index), maps: ofMaps!(index) }));
}
