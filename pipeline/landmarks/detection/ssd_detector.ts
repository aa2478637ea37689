/**
 * face-api's thorough face detector: an SSD on MobileNet V1, at 512 x 512.
 * Source of architecture and weights: npm @vladmandic/face-api (MIT).
 */

import * as tf from "@tensorflow/tfjs-core";
import bytes from "@vladmandic/face-api/model/ssd_mobilenetv1_model.bin" with { type: "bytes" };
import manifest from "@vladmandic/face-api/model/ssd_mobilenetv1_model-weights_manifest.json" with {
  type: "json",
};
import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import { type Detection, suppressOverlaps } from "./detection.ts";
import type { Extent } from "../face_square.ts";
import { Weights } from "../weights.ts";

/** Width and height of a picture for this detector, in pixels; its anchors are made for them. */
export const SSD_SIZE = 512;

const OVERLAP = 0.5;
/** Added to variances; source: the network's batch normalisation. */
const EPSILON = 0.001;
/** Layers of MobileNet V1 that halve the resolution. */
const HALVING = [2, 4, 6, 12];
/** Classes of a box: nothing, face, and one that is not used. */
const CLASSES = 3;

/** Finds faces of many sizes and poses; some ten times slower than the tiny detector. */
export class SsdDetector {
  readonly #weights = new Weights(bytes, manifest);
  readonly #depthwise: readonly DepthwiseLayer[];
  /** The boxes that the outputs are relative to, f32 [5118, 4]: top, left, bottom, right. */
  readonly #anchors: Float32Array;

  constructor() {
    const layers = Array.from({ length: 13 }, (_, i) => i + 1);
    this.#depthwise = layers.map((layer) => foldNormalization(this.#weights, layer));
    this.#anchors = this.#weights.vector("Output/extra_dim").dataSync<"float32">();
  }

  /**
   * The faces in a picture, best first.
   *
   * @throws {RangeError} If the picture is not 512 x 512.
   */
  detect(image: RgbImage, minScore: number): Detection[] {
    if (image.width !== SSD_SIZE || image.height !== SSD_SIZE) {
      throw new RangeError(`The SSD detector needs 512x512, got ${image.width}x${image.height}`);
    }
    const pixels = Float32Array.from(image.data, (value) => value / 127.5 - 1);
    const [boxes, classes] = tf.tidy(() =>
      this.#forward(tf.tensor4d(pixels, [1, SSD_SIZE, SSD_SIZE, 3]))
    );
    const found = this.#readBoxes(
      boxes.dataSync<"float32">(),
      classes.dataSync<"float32">(),
      minScore,
    );
    tf.dispose([boxes, classes]);
    return suppressOverlaps(found, OVERLAP);
  }

  /** f32 [1, 512, 512, 3] to offsets f32 [5118, 4] and class logits f32 [5118, 3]. */
  #forward(picture: tf.Tensor4D): [boxes: tf.Tensor2D, classes: tf.Tensor2D] {
    const maps: tf.Tensor4D[] = [];
    let x = picture;
    // Together the layers' outputs would take 100 MB: each goes as soon as the next is there.
    const follow = (next: tf.Tensor4D) => {
      if (!maps.includes(x)) x.dispose();
      x = next;
    };
    follow(this.#convolve(x, "MobilenetV1/Conv2d_0_pointwise", 2));
    for (const [i, { filter, bias }] of this.#depthwise.entries()) {
      const layer = i + 1;
      const strides = HALVING.includes(layer) ? 2 : 1;
      const pad = "same";
      follow(tf.fused.depthwiseConv2d({ x, filter, bias, strides, pad, activation: "relu6" }));
      follow(this.#convolve(x, `MobilenetV1/Conv2d_${layer}_pointwise`, 1));
      if (layer === 11 || layer === 13) maps.push(x);
    }
    for (let layer = 0; layer < 8; layer++) {
      follow(this.#convolve(x, `Prediction/Conv2d_${layer}_pointwise`, layer % 2 === 1 ? 2 : 1));
      if (layer % 2 === 1) maps.push(x);
    }
    const boxes = maps.map((map, i) => this.#predict(map, `BoxPredictor_${i}/BoxEncoding`, 4));
    const classes = maps.map((map, i) => this.#predict(map, `BoxPredictor_${i}/Class`, CLASSES));
    return [tf.concat(boxes, 0), tf.concat(classes, 0)];
  }

  #convolve(x: tf.Tensor4D, name: string, strides: number): tf.Tensor4D {
    return tf.fused.conv2d({
      x,
      filter: this.#weights.filter(`${name}/weights`),
      bias: this.#weights.vector(`${name}/convolution_bn_offset`),
      strides,
      pad: "same",
      activation: "relu6",
    });
  }

  #predict(x: tf.Tensor4D, name: string, numbers: number): tf.Tensor2D {
    const output = tf.fused.conv2d({
      x,
      filter: this.#weights.filter(`Prediction/${name}Predictor/weights`),
      bias: this.#weights.vector(`Prediction/${name}Predictor/biases`),
      strides: 1,
      pad: "same",
    });
    return tf.reshape(output, [-1, numbers]);
  }

  #readBoxes(boxes: Float32Array, classes: Float32Array, minScore: number): Detection[] {
    const found: Detection[] = [];
    for (let i = 0; i < boxes.length / 4; i++) {
      const score = 1 / (1 + Math.exp(-classes[i * CLASSES + 1]!));
      if (score < minScore) continue;
      const [top, left, bottom, right] = this.#anchors.subarray(4 * i) as unknown as FourNumbers;
      const [dy, dx, logHeight, logWidth] = boxes.subarray(4 * i) as unknown as FourNumbers;
      const height = Math.exp(logHeight / 5) * (bottom - top);
      const width = Math.exp(logWidth / 5) * (right - left);
      const y = dy / 10 * (bottom - top) + (top + bottom - height) / 2;
      const x = dx / 10 * (right - left) + (left + right - width) / 2;
      const box = {
        x: x * SSD_SIZE,
        y: y * SSD_SIZE,
        width: width * SSD_SIZE,
        height: height * SSD_SIZE,
      };
      found.push({ box, score });
    }
    return found;
  }
}

type FourNumbers = [number, number, number, number];

interface DepthwiseLayer {
  readonly filter: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
}

/** Works the batch normalisation after a depthwise convolution into its filter and a bias. */
function foldNormalization(weights: Weights, layer: number): DepthwiseLayer {
  return tf.tidy(() => {
    const name = `MobilenetV1/Conv2d_${layer}_depthwise`;
    const variance = weights.vector(`${name}/BatchNorm/moving_variance`);
    const scale = tf.div<tf.Tensor1D>(
      weights.vector(`${name}/BatchNorm/gamma`),
      tf.sqrt(tf.add(variance, EPSILON)),
    );
    const shift = tf.mul(weights.vector(`${name}/BatchNorm/moving_mean`), scale);
    return {
      filter: tf.mul<tf.Tensor4D>(
        weights.filter(`${name}/depthwise_weights`),
        tf.reshape(scale, [1, 1, -1, 1]),
      ),
      bias: tf.sub<tf.Tensor1D>(weights.vector(`${name}/BatchNorm/beta`), shift),
    };
  });
}

/**
 * The SSD detector's boxes reach up to the hair: 1.16 times the points' extent in height, with the
 * centre 0.15 extents higher. Measured as above.
 */
export function ssdExtent({ x, y, width, height }: Box): Extent {
  const size = Math.max(width, height) / 1.16;
  return [x + width / 2, y + height / 2 + 0.15 * size, size];
}
