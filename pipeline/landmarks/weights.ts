/** The weights of face-api's networks, as they lie in its npm package. */

import * as tf from "@tensorflow/tfjs-core";

/** A weights file's manifest: groups of entries that tfjs's decoder understands. */
type Manifest = readonly { readonly weights: readonly unknown[] }[];

/**
 * A network's weights by name. They live on the tfjs backend that is current when they are made,
 * until the process ends.
 */
export class Weights {
  readonly #tensors: tf.NamedTensorMap;

  /** Unpacks a weights file (bytes quantised per tensor) with the help of its manifest. */
  constructor(bytes: Uint8Array, manifest: Manifest) {
    const entries = manifest.flatMap((group) => group.weights) as tf.io.WeightsManifestEntry[];
    this.#tensors = tf.io.decodeWeights(new Uint8Array(bytes).buffer, entries);
  }

  /**
   * A vector.
   *
   * @throws {RangeError} If there is no such weight.
   */
  vector(name: string): tf.Tensor1D {
    return this.#tensor(name) as tf.Tensor1D;
  }

  /** A matrix; errors as of {@linkcode Weights.vector}. */
  matrix(name: string): tf.Tensor2D {
    return this.#tensor(name) as tf.Tensor2D;
  }

  /** A convolution's filter; errors as of {@linkcode Weights.vector}. */
  filter(name: string): tf.Tensor4D {
    return this.#tensor(name) as tf.Tensor4D;
  }

  #tensor(name: string): tf.Tensor {
    const tensor = this.#tensors[name];
    if (tensor === undefined) throw new RangeError(`The network has no weight called ${name}`);
    return tensor;
  }
}

/**
 * What a network takes of pixels: f32 [..., 3], of u8.
 *
 * @param mean Colour of the pictures that it was trained with; red, green, blue.
 */
export function normalize(pixels: Uint8Array, mean: readonly number[]): Float32Array {
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) values[i] = (pixels[i]! - mean[i % 3]!) / 255;
  return values;
}
