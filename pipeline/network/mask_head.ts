/**
 * The mask head with context: maps of half the image's side, from features of an early layer that are looked
 * at on three scales.
 *
 * Layers without padding leave a border of the image out, and their maps then lie askew on it. This head
 * fills the border up again, so that its cells are the image's: each cell of its finest grid is 4 x 4 pixels,
 * each of the maps 2 x 2. What the border lacks it makes up from context.
 *
 * Source: Ronneberger, Fischer and Brox, U-Net (scales that are joined again), with sums for joints.
 */

import type * as tfl from "@tensorflow/tfjs-layers";
import type { Conv2dShape } from "../../kernels/convolution/conv2d_shape.ts";
import { ATTRIBUTES } from "../face/attributes.ts";
import type { LayerStack } from "./layer_stack.ts";

/** Channels of the head (tried on real faces: 48 gain a point of overlap for twice the arithmetic). */
const WIDTH = 32;
/** Pixels of the image in a cell of the finest grid, along a side. */
const CELL = 4;
/** Scales, each half as fine as the one before. */
const SCALES = 3;
const SIDE = 3;

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Height and width of the maps for images of a size. */
export function contextMaskSize(input: Size): Size {
  const { height, width } = gridsOf(input)[0]!;
  return { height: 2 * height, width: 2 * width };
}

/** The head's grids, the finest first. */
function gridsOf({ height, width }: Size): Size[] {
  return Array.from({ length: SCALES }, (_, scale) => ({
    height: Math.floor(height / CELL / 2 ** scale),
    width: Math.floor(width / CELL / 2 ** scale),
  }));
}

/** Sizes of the head's convolutions behind features of so many channels; enlarging is one of 1x1. */
export function contextShapes(input: Size, channels: number): Omit<Conv2dShape, "batch">[] {
  const [fine, middle, coarse] = gridsOf(input) as [Size, Size, Size];
  const same = ({ height, width }: Size, channels: number) => (
    { height: height + 2, width: width + 2, channels, filters: WIDTH, ...square(SIDE) }
  );
  const enlarging = (grid: Size, filters: number) => (
    { ...grid, channels: WIDTH, filters: 4 * filters, ...square(1) }
  );
  return [
    ...[same(fine, channels), same(middle, WIDTH), same(coarse, WIDTH)],
    ...[enlarging(coarse, WIDTH), same(middle, WIDTH)],
    ...[enlarging(middle, WIDTH), same(fine, WIDTH)],
    enlarging(fine, ATTRIBUTES.length),
  ];
}

function square(side: number) {
  return { kernelHeight: side, kernelWidth: side };
}

/**
 * Adds the head behind features of every fourth pixel.
 *
 * @returns The maps of all attributes, f32 [B, h, w, 40], before the prior.
 */
export function addContextHead(
  stack: LayerStack,
  features: tfl.SymbolicTensor,
  input: Size,
): tfl.SymbolicTensor {
  const [fine, middle, coarse] = gridsOf(input) as [Size, Size, Size];
  const same = (x: tfl.SymbolicTensor, name: string, { height, width }: Size) => {
    const padded = stack.padded(x, `pad_${name}`, { height: height + 2, width: width + 2 });
    return stack.activation(stack.convolution(padded, `conv_${name}`, WIDTH, SIDE), `_${name}`);
  };
  const joined = (x: tfl.SymbolicTensor, to: tfl.SymbolicTensor, name: string, grid: Size) => {
    const larger = stack.padded(stack.enlarged(x, `enlarge_${name}`, WIDTH), `fit_${name}`, grid);
    return same(stack.sum([to, larger], `add_${name}`), name, grid);
  };
  const whole = stack.padded(stack.activation(features, "_mask"), "fit_mask", fine);
  const a = same(whole, "mask_a", fine);
  const b = same(stack.pool(a, "pool_mask_a"), "mask_b", middle);
  const c = same(stack.pool(b, "pool_mask_b"), "mask_c", coarse);
  const upper = joined(c, b, "mask_d", middle);
  return stack.enlarged(joined(upper, a, "mask_e", fine), "enlarge_mask", ATTRIBUTES.length, {
    fromZero: true,
  });
}
