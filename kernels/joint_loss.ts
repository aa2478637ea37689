/**
 * The joint loss: binary cross entropy of the attributes plus weighted squared error of the masks.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { floatBits, type Kernel } from "./kernel.ts";
import source from "./wgsl/joint_loss.wgsl" with { type: "text" };

/** Sizes and weight of a joint loss. */
export interface JointLossShape {
  /** B. */
  readonly batch: number;
  /** h·w: pixels of a mask. */
  readonly cells: number;
  /** A: attributes; a multiple of 4, at most 64. */
  readonly attributes: number;
  /** λ: weight of the mask loss. */
  readonly weight: number;
}

/** Mask pixels that one invocation runs through. */
const RUN = 64;

/** Number of invocations, which sizes the `parts` buffer (f32 [I, 2]). */
export function jointLossParts({ batch, cells, attributes }: JointLossShape): number {
  return batch * (Math.ceil(cells / RUN) + 1) * attributes / 4;
}

/**
 * Records both losses and their gradients in one pass over the feature maps.
 *
 * logits   f32 [B, A]        before the sigmoid
 * maps     f32 [B, h, w, A]  predicted masks, NHWC
 * bits     u32 [B, h, w]     region bits of each mask pixel
 * labels   u32 [B, 2]        label bits
 * regions  u32 [A]           region bits that belong to each attribute
 * dlogits  f32 [B, A]        written: gradient of the total
 * dmaps    f32 [B, h, w, A]  written: gradient of the total
 * parts    f32 [I, 2]        scratch, I = {@linkcode jointLossParts}
 * losses   f32 [3]           written: total, attribute loss, mask loss (each a mean)
 *
 * Source: AttParseNet (sum of BCE with logits and MSE); stable BCE as max(x, 0) − x·z + log(1 + e^−|x|).
 *
 * @throws {RangeError} If the number of attributes is not a multiple of 4 up to 64.
 */
export function jointLoss(
  gpu: Gpu,
  buffers: Record<
    | "logits"
    | "maps"
    | "bits"
    | "labels"
    | "regions"
    | "dlogits"
    | "dmaps"
    | "parts"
    | "losses",
    Binding
  >,
  shape: JointLossShape,
): void {
  const { batch, cells, attributes, weight } = shape;
  if (attributes % 4 !== 0 || attributes > 64) {
    throw new RangeError(`Attributes must be a multiple of 4 up to 64, got ${attributes}`);
  }
  const kernel: Kernel = { label: "joint_loss", source };
  const sizes = [batch, attributes / 4, cells, RUN, Math.ceil(cells / RUN)];
  const settings = gpu.uniforms([...sizes, floatBits(weight)]);
  const { logits, maps, bits, labels, regions, dlogits, dmaps, parts, losses } = buffers;
  gpu.dispatch(
    kernel,
    { ...[logits, maps, bits, labels, regions, dlogits, dmaps, parts], 9: settings },
    [Math.ceil(jointLossParts(shape) / 64)],
  );
  gpu.dispatch({ ...kernel, entry: "total" }, { 7: parts, 8: losses, 9: settings }, [1]);
}
