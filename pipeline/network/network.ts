/**
 * The network of AttParseNet: convolutions whose last feature maps are the 40 predicted masks, and one
 * fully connected layer on all of them for the 40 logits. No convolution pads.
 *
 * Source: Thom and Hand, AttParseNet (the architecture `plain`, sizes in the `paper` preset); He et al.,
 * Identity Mappings in Deep Residual Networks (`residual`); initial weights as PyTorch's.
 */

import * as tfl from "@tensorflow/tfjs-layers";
import type * as tf from "@tensorflow/tfjs-core";
import { type Conv2dShape, outputSize } from "../../kernels/convolution/conv2d_shape.ts";
import { ATTRIBUTES } from "../face/attributes.ts";
import { LayerStack, PRIOR, priorLayer } from "./layer_stack.ts";
import { addContextHead, contextMaskSize, contextShapes } from "./mask_head.ts";

/** What decides the network's shape. */
export interface NetworkConfig {
  /** Height and width of the input image. */
  readonly input: { readonly height: number; readonly width: number };
  /**
   * `plain`: one convolution behind the other, as the reference. `residual`: behind the first convolution
   * blocks of two, each added to its input; an additional pool behind the first block.
   */
  readonly architecture: "plain" | "residual";
  /** Output channels of the first convolution and of what follows, but for the last maps, which are 40. */
  readonly widths: readonly number[];
  /**
   * `shared`: the maps that are held against the masks are those that the logits see. `separate`: they are
   * made of those by 1x1 filters of their own, so that a map that shows nothing takes nothing from the
   * logits. `context`: they are made from early features on several scales, begin at the mean mask of the
   * training faces, and are probabilities; see `network/mask_head.ts`.
   */
  readonly maskHead: "shared" | "separate" | "context";
}

type Size = NetworkConfig["input"];

/** A convolution's sizes but for the batch. */
type LayerShape = Omit<Conv2dShape, "batch">;

/** Side of the first convolution, and of the others. */
const STEM_SIDE = 7;
const SIDE = 3;

type Stage =
  /** A convolution, normalised, with ReLU and pool behind it. */
  | { readonly kind: "stem"; readonly filters: number }
  /** The same without a pool. */
  | { readonly kind: "layer"; readonly filters: number }
  /** Two convolutions, each with normalisation and ReLU before it, added to what came in. */
  | { readonly kind: "block"; readonly filters: number; readonly pool: boolean }
  /** The maps of all attributes: a convolution, normalised. */
  | { readonly kind: "features"; readonly isActivated: boolean };

function stagesOf({ architecture, widths: [first, ...others] }: NetworkConfig): Stage[] {
  const isPlain = architecture === "plain";
  return [
    { kind: "stem", filters: first! },
    ...others.map((filters, index): Stage =>
      isPlain ? { kind: "layer", filters } : { kind: "block", filters, pool: index === 0 }
    ),
    { kind: "features", isActivated: isPlain },
  ];
}

/** Height and width of the predicted masks: no layer pads, and pools halve. */
export function maskSize(config: NetworkConfig): { height: number; width: number } {
  return walk(config).mask;
}

/** Sizes of the convolutions, first to last; the first one is the only one behind which a pool is fused. */
export function convolutionShapes(config: NetworkConfig): LayerShape[] {
  return walk(config).shapes;
}

/** What the layers make of the input's size. */
function walk(config: NetworkConfig): { shapes: LayerShape[]; mask: Size } {
  const shapes: LayerShape[] = [];
  let { height, width } = config.input;
  let channels = 3;
  const convolve = (side: number, filters: number) => {
    const shape = { height, width, channels, filters, kernelHeight: side, kernelWidth: side };
    shapes.push(shape);
    [height, width] = outputSize({ batch: 1, ...shape });
    channels = filters;
  };
  const pool = () => [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
  for (const stage of stagesOf(config)) {
    if (stage.kind === "features") convolve(SIDE, ATTRIBUTES.length);
    else if (stage.kind === "layer") convolve(SIDE, stage.filters);
    else if (stage.kind === "stem") {
      convolve(STEM_SIDE, stage.filters);
      pool();
    } else {
      const before = channels;
      convolve(SIDE, stage.filters);
      convolve(SIDE, stage.filters);
      if (before !== stage.filters) {
        const filters = { channels: before, filters: stage.filters };
        shapes.push({ height, width, ...filters, kernelHeight: 1, kernelWidth: 1 });
      }
      if (stage.pool) pool();
    }
  }
  if (config.maskHead === "separate") convolve(1, ATTRIBUTES.length);
  if (config.maskHead !== "context") return { shapes, mask: { height, width } };
  // What is left of the image has to be enough for the logits too.
  const mask = height < 1 || width < 1 ? { height, width } : contextMaskSize(config.input);
  const early = config.widths[earlyStage(config)]!;
  return { shapes: [...shapes, ...contextShapes(config.input, early)], mask };
}

/** The stage whose output the mask head with context sees: what is left there is half of the image's side. */
function earlyStage({ architecture, widths }: NetworkConfig): number {
  return Math.min(architecture === "plain" ? 2 : 1, widths.length - 1);
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
 * @throws {RangeError} If the image is too small for the layers.
 */
export function buildNetwork(config: NetworkConfig, seed: number): tfl.LayersModel {
  const { height, width } = config.input;
  const mask = maskSize(config);
  if (mask.height < 1 || mask.width < 1) {
    throw new RangeError(`Images of ${height}x${width} are too small for the network's layers`);
  }
  const stack = new LayerStack(seed);
  const image = tfl.input({ shape: [height, width, 3], name: "image" });
  let x: tfl.SymbolicTensor = image;
  let early: tfl.SymbolicTensor = image;
  stagesOf(config).forEach((stage, index) => {
    const name = `${index + 1}`;
    if (stage.kind === "block") x = stack.block(x, name, stage);
    else if (stage.kind === "features") {
      if (!stage.isActivated) x = stack.activation(x, name);
      x = stack.convolution(x, `conv${name}`, ATTRIBUTES.length, SIDE);
    } else {
      const side = stage.kind === "stem" ? STEM_SIDE : SIDE;
      x = stack.convolution(x, `conv${name}`, stage.filters, side);
      x = stack.activation(x, name);
      if (stage.kind === "stem") x = stack.pool(x, "pool");
    }
    if (index === earlyStage(config)) early = x;
  });
  const isShared = config.maskHead === "shared";
  const features = stack.normalisation(x, isShared ? "maps" : "features");
  const logits = stack.dense(features, "logits", ATTRIBUTES.length);
  const maps = mapsOf(stack, { features, early }, config);
  return tfl.model({ name: "attparsenet", inputs: image, outputs: [logits, maps] });
}

/** The second output of a network, by its mask head. */
function mapsOf(
  stack: LayerStack,
  { features, early }: Record<"features" | "early", tfl.SymbolicTensor>,
  { maskHead, architecture, input }: NetworkConfig,
): tfl.SymbolicTensor {
  if (maskHead === "shared") return features;
  if (maskHead === "separate") {
    const maps = stack.convolution(features, "mask_conv", ATTRIBUTES.length, 1);
    return stack.normalisation(maps, "maps");
  }
  const seen = architecture === "plain" ? stack.pool(early, "pool_mask") : early;
  const logits = stack.offset(addContextHead(stack, seen, input), PRIOR);
  return stack.probabilities(logits, "maps");
}

/**
 * The network with the logits of its maps for maps, where they are probabilities. It shares all layers, and
 * is not to be disposed by itself.
 */
export function withMapLogits(network: tfl.LayersModel): tfl.LayersModel {
  if (!priorLayer(network)) return network;
  const logits = network.outputs[0]!;
  const maps = network.getLayer(`${PRIOR}_maps`).output as tfl.SymbolicTensor;
  return tfl.model({
    name: `${network.name}_logits`,
    inputs: network.inputs,
    outputs: [logits, maps],
  });
}

export function applyNetwork(
  network: tfl.LayersModel,
  images: tf.Tensor,
  training: boolean,
): { logits: tf.Tensor2D; maps: tf.Tensor4D } {
  const [logits, maps] = network.apply(images, { training }) as [tf.Tensor2D, tf.Tensor4D];
  return { logits, maps };
}

export {
  convLayers,
  enlargingLayers,
  type NormLayers,
  normLayers,
  priorLayer,
} from "./layer_stack.ts";
