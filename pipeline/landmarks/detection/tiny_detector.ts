/**
 * face-api's tiny face detector: a separable-convolution YOLO with one cell per 32 x 32 pixels.
 * Source of architecture and weights: npm @vladmandic/face-api (MIT).
 */

import * as tf from "@tensorflow/tfjs-core";
import bytes from "@vladmandic/face-api/model/tiny_face_detector_model.bin" with { type: "bytes" };
import manifest from "@vladmandic/face-api/model/tiny_face_detector_model-weights_manifest.json" with {
  type: "json",
};
import type { RgbImage } from "../../image/image.ts";
import type { Box } from "../../face/record.ts";
import { type Detection, suppressOverlaps } from "./detection.ts";
import type { Extent } from "../face_square.ts";
import { sigmoid } from "../../numbers/probability.ts";
import { normalize, Weights } from "../weights.ts";

/** Width and height of a picture for this detector are multiples of this, in pixels. */
export const TINY_CELL = 32;

/** Mean colour of the pictures that the network was trained with; red, green, blue. */
const MEAN = [117.001, 114.697, 97.404];
/** Sizes of the boxes that a cell proposes, in cells; width, height. */
const ANCHORS = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const;
/** Box (4 numbers) and score. */
const NUMBERS_PER_ANCHOR = 5;
const OVERLAP = 0.4;

/** Finds faces quickly; small and turned ones only sometimes. */
export class TinyDetector {
  readonly #weights = new Weights(bytes, manifest);

  /**
   * The faces in a picture, best first.
   *
   * @throws {RangeError} If width or height is no multiple of {@linkcode TINY_CELL}.
   */
  detect(image: RgbImage, minScore: number): Detection[] {
    const { width, height } = image;
    if (width % TINY_CELL !== 0 || height % TINY_CELL !== 0) {
      throw new RangeError(
        `The tiny detector needs multiples of 32 pixels, got ${width}x${height}`,
      );
    }
    const output = tf.tidy(() =>
      this.#forward(tf.tensor4d(
        normalize(image.data, MEAN),
        [1, height, width, 3],
      ))
    );
    const cells = output.dataSync<"float32">();
    output.dispose();
    return suppressOverlaps(readCells(cells, width / TINY_CELL, minScore), OVERLAP);
  }

  /** f32 [1, H, W, 3] to [1, H/32, W/32, 5 anchors x 5]. */
  #forward(picture: tf.Tensor4D): tf.Tensor4D {
    const weights = this.#weights;
    let x: tf.Tensor4D = tf.fused.conv2d({
      x: picture,
      filter: weights.filter("conv0/filters"),
      bias: weights.vector("conv0/bias"),
      strides: 1,
      pad: "valid",
      activation: "leakyrelu",
      leakyreluAlpha: 0.1,
    });
    for (let layer = 1; layer <= 5; layer++) {
      x = tf.fused.conv2d({
        x: tf.depthwiseConv2d(
          tf.maxPool(x, 2, 2, "same"),
          weights.filter(`conv${layer}/depthwise_filter`),
          1,
          "same",
        ),
        filter: weights.filter(`conv${layer}/pointwise_filter`),
        bias: weights.vector(`conv${layer}/bias`),
        strides: 1,
        pad: "same",
        activation: "leakyrelu",
        leakyreluAlpha: 0.1,
      });
    }
    return tf.fused.conv2d({
      x: tf.maxPool(x, 2, 1, "same"),
      filter: weights.filter("conv8/filters"),
      bias: weights.vector("conv8/bias"),
      strides: 1,
      pad: "valid",
    });
  }
}

/** cells f32 [rows, columns, 5 anchors, 5]: offset of the centre, log of the size, score. */
function readCells(cells: Float32Array, columns: number, minScore: number): Detection[] {
  const found: Detection[] = [];
  for (let at = 0, index = 0; at < cells.length; at += NUMBERS_PER_ANCHOR, index++) {
    const score = sigmoid(cells[at + 4]!);
    if (score < minScore) continue;
    const [anchorWidth, anchorHeight] = ANCHORS[index % ANCHORS.length]!;
    const cell = Math.floor(index / ANCHORS.length);
    const width = Math.exp(cells[at + 2]!) * anchorWidth * TINY_CELL;
    const height = Math.exp(cells[at + 3]!) * anchorHeight * TINY_CELL;
    const x = (cell % columns + sigmoid(cells[at]!)) * TINY_CELL - width / 2;
    const y = (Math.floor(cell / columns) + sigmoid(cells[at + 1]!)) * TINY_CELL - height / 2;
    found.push({ box: { x, y, width, height }, score });
  }
  return found;
}

/**
 * The tiny detector's boxes are 1.21 times as wide and 1.13 times as high as the points' extent, and
 * centred on it. Medians over half of iBUG-68; the other half agrees within 0.02.
 */
export function tinyExtent({ x, y, width, height }: Box): Extent {
  return [x + width / 2, y + height / 2, Math.max(width, height) / 1.21];
}
