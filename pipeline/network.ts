/**
 * The network of AttParseNet: six convolutions whose last feature maps are the 40 predicted masks, and
 * one fully connected layer on all of them for the 40 logits.
 *
 * Source: Thom and Hand, AttParseNet (sizes in the `paper` preset); initial weights as PyTorch's.
 *
 * @module
 */

import * as tfl from "@tensorflow/tfjs-layers";
import type * as tf from "@tensorflow/tfjs-core";
import { type Conv2dShape, outputSize } from "../kernels/conv2d.ts";
import { ATTRIBUTES } from "./attributes.ts";

/** What decides the network's shape. */
export interface NetworkConfig {
  /** Height and width of the input image. */
  readonly input: { readonly height: number; readonly width: number };
  /** Output channels of the first five convolutions; the sixth has one for each attribute. */
  readonly widths: readonly [number, number, number, number, number];
}

/** Kernel sides of the six convolutions. */
const KERNELS = [7, 3, 3, 3, 3, 3] as const;
/** PyTorch's defaults; tfjs's momentum is the share that is kept. */
const NORM = { epsilon: 1e-5, momentum: 0.9 } as const;

/** Height and width of the predicted masks: no layer pads, and the pool halves. */
export function maskSize({ input }: NetworkConfig): { height: number; width: number } {
  const shrink = (side: number) =>
    KERNELS.slice(1).reduce<number>(
      (size, kernel) => size - (kernel - 1),
      Math.floor((side - (KERNELS[0] - 1)) / 2),
    );
  return { height: shrink(input.height), width: shrink(input.width) };
}

/** Sizes of the six convolutions but for the batch, first to last; the first is followed by the pool. */
export function convolutionShapes({ input, widths }: NetworkConfig): Omit<Conv2dShape, "batch">[] {
  let { height, width } = input;
  let channels = 3;
  return [...widths, ATTRIBUTES.length].map((filters, layer) => {
    const kernel = KERNELS[layer]!;
    const shape = { height, width, channels, filters, kernelHeight: kernel, kernelWidth: kernel };
    [height, width] = outputSize({ batch: 1, ...shape });
    if (layer === 0) [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
    channels = filters;
    return shape;
  });
}

/** Numbers in the feature maps of one image behind each convolution, first to last. */
export function activations(config: NetworkConfig): number[] {
  return convolutionShapes(config).map((shape) => {
    const [height, width] = outputSize({ batch: 1, ...shape });
    return height * width * shape.filters;
  });
}

/** Multiplications and additions of one image's forward pass, each counted as one. */
export function forwardFlops(config: NetworkConfig): number {
  const flops = convolutionShapes(config).map((shape) => {
    const [height, width] = outputSize({ batch: 1, ...shape });
    const inner = shape.kernelHeight * shape.kernelWidth * shape.channels;
    return 2 * height * width * inner * shape.filters;
  });
  const { height, width } = maskSize(config);
  return flops.reduce((sum, one) => sum + one) + 2 * height * width * ATTRIBUTES.length ** 2;
}

/**
 * Builds the network.
 *
 * image   f32 [B, H, W, 3]   −1 … 1
 * logits  f32 [B, 40]        first output
 * maps    f32 [B, h, w, 40]  second output, see {@linkcode maskSize}
 *
 * @param seed Decides the initial weights.
 */
export function buildNetwork(config: NetworkConfig, seed: number): tfl.LayersModel {
  const { height, width } = config.input;
  const image = tfl.input({ shape: [height, width, 3], name: "image" });
  let x: tfl.SymbolicTensor = image;
  [...config.widths, ATTRIBUTES.length].forEach((filters, layer) => {
    const name = `${layer + 1}`;
    const isLast = layer === KERNELS.length - 1;
    x = tfl.layers.conv2d({
      name: `conv${name}`,
      filters,
      kernelSize: KERNELS[layer]!,
      // The normalisation behind it has a shift of its own.
      useBias: false,
      kernelInitializer: uniformInitializer(seed + layer),
    }).apply(x) as tfl.SymbolicTensor;
    x = tfl.layers.batchNormalization({ name: isLast ? "maps" : `norm${name}`, ...NORM })
      .apply(x) as tfl.SymbolicTensor;
    if (!isLast) x = tfl.layers.reLU({ name: `relu${name}` }).apply(x) as tfl.SymbolicTensor;
    if (layer === 0) {
      x = tfl.layers.maxPooling2d({ name: "pool", poolSize: 2 }).apply(x) as tfl.SymbolicTensor;
    }
  });
  const logits = tfl.layers.dense({
    name: "logits",
    units: ATTRIBUTES.length,
    kernelInitializer: uniformInitializer(seed + KERNELS.length),
  }).apply(tfl.layers.flatten({ name: "flatten" }).apply(x)) as tfl.SymbolicTensor;
  return tfl.model({ name: "attparsenet", inputs: image, outputs: [logits, x] });
}

/** Runs the network. */
export function applyNetwork(
  network: tfl.LayersModel,
  images: tf.Tensor,
  training: boolean,
): { logits: tf.Tensor2D; maps: tf.Tensor4D } {
  const [logits, maps] = network.apply(images, { training }) as [tf.Tensor2D, tf.Tensor4D];
  return { logits, maps };
}

/** A normalisation and the layers behind it that a kernel can take over with it. */
export interface NormLayers {
  readonly norm: tfl.layers.Layer;
  readonly relu: tfl.layers.Layer | null;
  readonly pool: tfl.layers.Layer | null;
}

/** The normalisations with what is behind them, first to last. */
export function normLayers(network: tfl.LayersModel): NormLayers[] {
  return [...KERNELS.keys()].map((layer) =>
    layer === KERNELS.length - 1 ? { norm: network.getLayer("maps"), relu: null, pool: null } : {
      norm: network.getLayer(`norm${layer + 1}`),
      relu: network.getLayer(`relu${layer + 1}`),
      pool: layer === 0 ? network.getLayer("pool") : null,
    }
  );
}

/** The convolution layers, first to last. */
export function convLayers(network: tfl.LayersModel): tfl.layers.Layer[] {
  return [...KERNELS.keys()].map((layer) => network.getLayer(`conv${layer + 1}`));
}

/** Uniform within ±1/√fanIn, as PyTorch's convolution and linear layers start. */
function uniformInitializer(seed: number): ReturnType<typeof tfl.initializers.varianceScaling> {
  return tfl.initializers.varianceScaling({
    scale: 1 / 3,
    mode: "fanIn",
    distribution: "uniform",
    seed,
  });
}
