/** The joint loss: binary cross entropy of the attributes plus the weighted loss of the masks. */

import type { Binding, Gpu } from "./webgpu/gpu.ts";
import { floatBits, type Kernel } from "./webgpu/kernel.ts";
import { part, type Run, runsOf } from "./webgpu/runs.ts";
import source from "./wgsl/joint_loss.wgsl" with { type: "text" };
import diceSource from "./wgsl/joint_loss_dice.wgsl" with { type: "text" };

/**
 * What maps are measured by; x is a map's number, z its target, 0 or 1, and w the map's weight.
 *
 * `mse`: mean of w·(x − z)²; x is the map.
 * `bce`: mean of w·(max(x, 0) − x·z + log(1 + e^−|x|)); x is the map before the sigmoid.
 * `bce+dice`: to that, the mean of 1 − (2·Σ w·p·z + 1) / (Σ w·p + Σ w·z + 1) over the attributes that
 * weigh anything, with p = σ(x); each sum is over all images and pixels of the batch.
 *
 * Source: soft Dice of V-Net (Milletari et al. 2016), linear in the denominator and smoothed by 1.
 */
export type MaskLoss = "mse" | "bce" | "bce+dice";

/** Sizes and weight of a joint loss. */
export interface JointLossShape {
  /** B. */
  readonly batch: number;
  /** h·w: pixels of a mask. */
  readonly cells: number;
  /** A: attributes; a multiple of 4. */
  readonly attributes: number;
  /** λ: weight of the mask loss. */
  readonly weight: number;
  /** What maps are measured by; "mse" by default. */
  readonly maskLoss?: MaskLoss;
}

/**
 * What is wanted of logits and maps. Every number of `labels` and the weights may be chosen at will: labels
 * between 0 and 1, attributes or images that count more, less, or not at all.
 */
export interface LossTargets {
  /** f32 [B, A]: 1 where the attribute is present, else 0. */
  readonly labels: Float32Array;
  /** u32 [B, A]: bits of the regions in which the map is to be 1; elsewhere it is to be 0. */
  readonly wanted: Uint32Array;
  /** f32 [B, A]: weight of the cross entropy, 1 on average. */
  readonly labelWeights: Float32Array;
  /** f32 [B, A]: weight of the map's loss, 1 on average. */
  readonly maskWeights: Float32Array;
}

/** Targets as the kernel reads them: f32 [B, 4, A], the wanted regions as the bits of a number. */
export function packTargets(targets: LossTargets, attributes: number): Float32Array<ArrayBuffer> {
  const { labels, wanted, labelWeights, maskWeights } = targets;
  const packed = new Float32Array(4 * labels.length);
  const words = new Uint32Array(packed.buffer);
  for (let i = 0; i < labels.length; i++) {
    const at = Math.floor(i / attributes) * 4 * attributes + i % attributes;
    packed[at] = labels[i]!;
    words[at + attributes] = wanted[i]!;
    packed[at + 2 * attributes] = labelWeights[i]!;
    packed[at + 3 * attributes] = maskWeights[i]!;
  }
  return packed;
}

/** What the loss reads and writes; see {@linkcode jointLoss}. */
export type JointLossBuffers = Readonly<
  Record<
    "logits" | "maps" | "bits" | "targets" | "dlogits" | "dmaps" | "parts" | "losses",
    Binding
  >
>;

/** Mask pixels that one invocation runs through; of more, a product of the kernel could overflow. */
const RUN = 64;

/** Number of the kinds in the kernel. */
const KINDS: Readonly<Record<MaskLoss, number>> = { "mse": 0, "bce": 1, "bce+dice": 2 };

/** Number of shares of the sums, which sizes the `parts` buffer (f32 [I, 2]). */
export function jointLossParts(shape: JointLossShape): number {
  return invocations(shape) + (shape.maskLoss === "bce+dice" ? shape.attributes / 4 : 0);
}

function invocations({ batch, cells, attributes }: JointLossShape): number {
  return batch * (Math.ceil(cells / RUN) + 1) * attributes / 4;
}

/**
 * Records both losses and their gradients in one pass over the feature maps; with Dice, in two.
 *
 * logits   f32 [B, A]        before the sigmoid
 * maps     f32 [B, h, w, A]  predicted masks, NHWC; before the sigmoid unless by "mse"
 * bits     u32 [B, h, w]     region bits of each mask pixel
 * targets  f32 [B, 4, A]     what is wanted, see {@linkcode LossTargets}
 * dlogits  f32 [B, A]        written: gradient of the total
 * dmaps    f32 [B, h, w, A]  written: gradient of the total
 * parts    f32 [I, 2]        scratch, I = {@linkcode jointLossParts}
 * losses   f32 [3]           written: total, attribute loss, mask loss
 *
 * Source: AttParseNet (sum of BCE with logits and MSE); stable BCE as max(x, 0) − x·z + log(1 + e^−|x|).
 *
 * @example One image, four attributes, one mask pixel
 * ```ts
 * import { Gpu, jointLoss, jointLossParts, packTargets } from "@attparsenet/attparsenet";
 *
 * using gpu = await Gpu.open();
 * if (gpu) {
 *   const shape = { batch: 1, cells: 1, attributes: 4, weight: 1 };
 *   const ones = Float32Array.of(1, 1, 1, 1);
 *   const targets = {
 *     labels: Float32Array.of(1, 0, 0, 1),
 *     wanted: Uint32Array.of(1, 0, 0, 1), // region 0 where the label is positive
 *     labelWeights: ones,
 *     maskWeights: ones,
 *   };
 *   const losses = gpu.createBuffer(12);
 *   jointLoss(gpu, {
 *     logits: gpu.upload(Float32Array.of(2, -2, 0, 0)),
 *     maps: gpu.upload(Float32Array.of(1, 0, 0.5, 0.5)),
 *     bits: gpu.upload(Uint32Array.of(1)),
 *     targets: gpu.upload(packTargets(targets, 4)),
 *     dlogits: gpu.createBuffer(16),
 *     dmaps: gpu.createBuffer(16),
 *     parts: gpu.createBuffer(8 * jointLossParts(shape)),
 *     losses,
 *   }, shape);
 *   console.log(new Float32Array(await gpu.read(losses))); // total, attributes, masks
 * }
 * ```
 *
 * @throws {RangeError} If the number of attributes is not a multiple of 4.
 */
export function jointLoss(gpu: Gpu, buffers: JointLossBuffers, shape: JointLossShape): void {
  const { batch, cells, attributes, weight, maskLoss = "mse" } = shape;
  if (attributes % 4 !== 0) {
    throw new RangeError(`Attributes must be a multiple of 4, got ${attributes}`);
  }
  const kernel: Kernel = { label: "joint_loss", source, constants: { KIND: KINDS[maskLoss] } };
  const { logits, maps, bits, targets, dlogits, dmaps, parts, losses } = buffers;
  const settingsOf = ({ first, count }: Run) => {
    const sizes = [batch, first, count, attributes / 4, cells, RUN, Math.ceil(cells / RUN)];
    return gpu.uniforms([...sizes, floatBits(weight)]);
  };
  const bytes = 4 * cells * attributes;
  const runs = runsOf(gpu, batch, { bound: [bytes] }).map((run) => {
    const [runMaps, runDmaps] = [maps, dmaps].map((buffer) => part(buffer, run, bytes));
    const bindings = [logits, runMaps!, bits, targets, dlogits, runDmaps!, parts];
    const count = Math.ceil(invocations({ ...shape, batch: run.count }) / 64);
    return { bindings: { ...bindings, 8: settingsOf(run) }, workgroups: [count] };
  });
  const settings = settingsOf({ first: 0, count: batch });
  if (maskLoss === "bce+dice") {
    dicePasses(gpu, kernel, runs, { 3: targets, 6: parts, 8: settings }, shape);
  } else {
    for (const { bindings, workgroups } of runs) gpu.dispatch(kernel, bindings, workgroups);
  }
  gpu.dispatch({ ...kernel, entry: "total" }, { 6: parts, 7: losses, 8: settings }, [1]);
}

/** What a pass over the maps of a run of images is given. */
interface Pass {
  readonly bindings: Readonly<Record<number, Binding>>;
  readonly workgroups: readonly number[];
}

/** The gradient of one number depends on the sums of all: two passes over the maps, between them a fold. */
function dicePasses(
  gpu: Gpu,
  { constants = {} }: Kernel,
  runs: readonly Pass[],
  folded: Readonly<Record<3 | 6 | 8, Binding>>,
  { batch, cells, attributes }: JointLossShape,
): void {
  const kernel = { label: "joint_loss_dice", source: source + diceSource, constants };
  const rows = 3 * batch * Math.ceil(cells / RUN) + 2;
  const sums = gpu.scratch("dice_sums", 4 * rows * attributes);
  for (const { bindings, workgroups } of runs) {
    gpu.dispatch({ ...kernel, entry: "dice_sums" }, { ...bindings, 9: sums }, workgroups);
  }
  gpu.dispatch({ ...kernel, entry: "dice_factors" }, { ...folded, 9: sums }, [attributes / 4]);
  for (const { bindings, workgroups } of runs) {
    const { 2: bits, 3: targets, 5: dmaps, 8: settings } = bindings as Record<number, Binding>;
    const used = { 2: bits!, 3: targets!, 5: dmaps!, 8: settings!, 9: sums };
    gpu.dispatch({ ...kernel, entry: "dice_grad" }, used, workgroups);
  }
}
