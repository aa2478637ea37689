/**
 * The joint loss: binary cross entropy of the attributes plus weighted squared error of the masks.
 *
 * @module
 */

import type { Binding, Gpu } from "./gpu.ts";
import { floatBits, type Kernel } from "./kernel.ts";
import { part, type Run, runsOf } from "./runs.ts";
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
  const { logits, maps, bits, labels, regions, dlogits, dmaps, parts, losses } = buffers;
  const settingsOf = ({ first, count }: Run) => {
    const sizes = [batch, first, count, attributes / 4, cells, RUN, Math.ceil(cells / RUN)];
    return gpu.uniforms([...sizes, floatBits(weight)]);
  };
  const bytes = 4 * cells * attributes;
  for (const run of runsOf(gpu, batch, { bound: [bytes] })) {
    const [runMaps, runDmaps] = [maps, dmaps].map((buffer) => part(buffer, run, bytes));
    gpu.dispatch(
      kernel,
      {
        ...[logits, runMaps!, bits, labels, regions, dlogits, runDmaps!, parts],
        9: settingsOf(run),
      },
      [Math.ceil(jointLossParts({ ...shape, batch: run.count }) / 64)],
    );
  }
  const settings = settingsOf({ first: 0, count: batch });
  gpu.dispatch({ ...kernel, entry: "total" }, { 7: parts, 8: losses, 9: settings }, [1]);
}
