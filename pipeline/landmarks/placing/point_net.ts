/**
 * face-api's 68-point network: a small stack of separable convolutions from a square crop of a face
 * to 68 points. Source of architecture and weights: npm @vladmandic/face-api (MIT).
 */

import * as tf from "@tensorflow/tfjs-core";
import bytes from "@vladmandic/face-api/model/face_landmark_68_model.bin" with { type: "bytes" };
import manifest from "@vladmandic/face-api/model/face_landmark_68_model-weights_manifest.json" with {
  type: "json",
};
import { normalize, Weights } from "../weights.ts";

/** Side of the crop that the network looks at, in pixels. */
export const CROP_SIZE = 112;

/** Mean colour of the pictures that the network was trained with; red, green, blue. */
const MEAN = [122.782, 117.001, 104.298];

/** Predicts points on crops of faces. */
export class PointNet {
  readonly #weights = new Weights(bytes, manifest);

  /**
   * Places 68 points on each crop.
   *
   * crops   u8  [B, 112, 112, 3]
   * result  f32 [B, 136]          x0, y0, x1, y1, … as shares of the crop's side
   */
  predict(crops: Uint8Array, count: number): Float32Array {
    const points = tf.tidy(() =>
      this.#forward(tf.tensor4d(
        normalize(crops, MEAN),
        [count, CROP_SIZE, CROP_SIZE, 3],
      ))
    );
    const values = points.dataSync<"float32">();
    points.dispose();
    return values;
  }

  #forward(crops: tf.Tensor4D): tf.Tensor2D {
    const weights = this.#weights;
    let x = crops;
    for (let block = 0; block < 4; block++) x = this.#block(x, `dense${block}`, block === 0);
    const pooled = tf.avgPool(x, 7, 2, "valid");
    return tf.fused.matMul({
      a: tf.reshape(pooled, [pooled.shape[0], -1]),
      b: weights.matrix("fc/weights"),
      bias: weights.vector("fc/bias"),
    }) as tf.Tensor2D;
  }

  /** Four convolutions, each of which sees the sum of those before it; halves the resolution. */
  #block(x: tf.Tensor4D, name: string, first: boolean): tf.Tensor4D {
    const one = first
      ? tf.fused.conv2d({
        x,
        filter: this.#weights.filter(`${name}/conv0/filters`),
        bias: this.#weights.vector(`${name}/conv0/bias`),
        strides: 2,
        pad: "same",
        activation: "relu",
      })
      : this.#separable(x, `${name}/conv0`, 2, "relu");
    const two = this.#separable(one, `${name}/conv1`, 1, "linear");
    const oneTwo = tf.add<tf.Tensor4D>(one, two);
    const three = this.#separable(tf.relu(oneTwo), `${name}/conv2`, 1, "linear");
    const oneTwoThree = tf.add<tf.Tensor4D>(oneTwo, three);
    const four = this.#separable(tf.relu(oneTwoThree), `${name}/conv3`, 1, "linear");
    return tf.relu(tf.add<tf.Tensor4D>(oneTwoThree, four));
  }

  #separable(
    x: tf.Tensor4D,
    name: string,
    strides: number,
    activation: "linear" | "relu",
  ): tf.Tensor4D {
    return tf.fused.conv2d({
      x: tf.depthwiseConv2d(x, this.#weights.filter(`${name}/depthwise_filter`), strides, "same"),
      filter: this.#weights.filter(`${name}/pointwise_filter`),
      bias: this.#weights.vector(`${name}/bias`),
      strides: 1,
      pad: "same",
      activation,
    });
  }
}
