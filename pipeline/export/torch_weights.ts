/** The weights of a network in PyTorch's layout. */

import { encodeSafetensors, type Safetensors } from "../files/safetensors.ts";
import { schemaOf } from "../files/schema.ts";
import type { NetworkConfig } from "../network/network.ts";
import type { ModelCard } from "../train/card/model_card.ts";
import type { StoredModel } from "../train/files/model_folder.ts";
import { permute, torchWeight } from "./torch_layout.ts";

/** Weights by PyTorch's names. */
export type TorchWeights = Safetensors["tensors"];

/** All weights that PyTorch's module has, in the layers' order. */
export function torchWeights(
  { model, weights }: StoredModel,
  network: NetworkConfig,
): TorchWeights {
  const tensors: Record<string, TorchWeights[string]> = {};
  let at = 0;
  for (const spec of model.weightsManifest[0].weights) {
    const size = spec.shape.reduce((product, length) => product * length, 1);
    const data = weights.subarray(at, at += size);
    const place = torchWeight(spec, network);
    if (place === null) continue;
    const { name, shape, own, axes } = place;
    tensors[name] = { shape, data: permute(data, own, axes) };
    // The reference's convolutions have a bias, and its `load_state_dict` asks for it.
    if (!/^convolution\.\d+\.weight$/.test(name) || shape.length < 4) continue;
    tensors[name.replace(/weight$/, "bias")] = {
      shape: [shape[0]!],
      data: new Float32Array(shape[0]!),
    };
  }
  return tensors;
}

/** The bytes of `weights.safetensors`, which say what network they are of. */
export function encodeTorchWeights(model: StoredModel, card: ModelCard): Uint8Array<ArrayBuffer> {
  return encodeSafetensors({
    tensors: torchWeights(model, card.network),
    metadata: textsOf(card),
  });
}

/** What files of other programs carry of the card. */
export function textsOf(card: ModelCard): Record<string, string> {
  const { preset, network, input, outputs } = card;
  return {
    schema: schemaOf("weights"),
    preset,
    network: JSON.stringify(network),
    range: input.range.join(),
    names: outputs.names.join(),
    learnt: outputs.learnt.join(),
    card: JSON.stringify(card),
  };
}
