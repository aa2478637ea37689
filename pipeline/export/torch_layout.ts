/**
 * Where PyTorch has the weights of a network: under which names, and in which order their numbers lie.
 *
 * Images are NCHW there, NHWC here. Filters are [N, C, k, k] there, [k, k, C, N] here; the dense layer reads
 * the maps in the order channel, h, w there, h, w, channel here. The names are those of `attparsenet.py`
 * beside this file. Those of the architecture `plain` are the reference's (NateThom/AttParseNet: `convolution`
 * and `fully_connected`), whose convolutions have a bias besides, of zeros here.
 */

import { ATTRIBUTES } from "../face/attributes.ts";
import { maskSize, type NetworkConfig } from "../network/network.ts";
import { PRIOR } from "../network/layer_stack.ts";
import type { WeightSpec } from "../train/files/model_file.ts";

/** A weight in both orders. */
export interface TorchWeight {
  /** Its name there. */
  readonly name: string;
  /** Its shape there. */
  readonly shape: readonly number[];
  /** Its shape here, in which the axes are told apart. */
  readonly own: readonly number[];
  /** The axes here in the order there. */
  readonly axes: readonly number[];
}

/** The names of a layer's weights here and there. */
const PARTS: Readonly<Record<string, string>> = {
  kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** Where a weight is in PyTorch; null for the prior's mean and variance, which are the same always. */
export function torchWeight(
  { name, shape }: WeightSpec,
  network: NetworkConfig,
): TorchWeight | null {
  const [layer = "", part = ""] = name.split("/");
  const module = torchModule(layer, network);
  if (layer === PRIOR) {
    if (part !== "beta") return null;
    const { height, width } = maskSize(network);
    return placed(module, [height, width, ATTRIBUTES.length], [2, 0, 1]);
  }
  const inner = `${module}.${PARTS[part]}`;
  if (part !== "kernel") return placed(inner, shape, shape.map((_, axis) => axis));
  if (shape.length === 4) return placed(inner, shape, [3, 2, 0, 1]);
  const { height, width } = maskSize({ ...network, maskHead: "shared" });
  const dense = placed(inner, [height, width, ATTRIBUTES.length, shape[1]!], [3, 2, 0, 1]);
  return { ...dense, shape: shape.toReversed() };
}

function placed(name: string, own: readonly number[], axes: readonly number[]): TorchWeight {
  return { name, own, axes, shape: axes.map((axis) => own[axis]!) };
}

/** The name of a layer in PyTorch's module. */
export function torchModule(layer: string, network: NetworkConfig): string {
  const ofHead = headModule(layer, network);
  if (ofHead !== null) return ofHead;
  const isPlain = network.architecture === "plain";
  if (layer === "logits") return isPlain ? "fully_connected.0" : "logits";
  // The last stage's normalisation is named after what it makes.
  const last = network.widths.length + 1;
  const [, kind = "norm", digits = last, letter = ""] = /^(conv|norm)(\d+)(\w?)$/.exec(layer) ?? [];
  const stage = Number(digits);
  const isNorm = kind === "norm";
  if (isPlain) {
    // A convolution, its normalisation and ReLU each, and a pool behind the first.
    return `convolution.${(stage === 1 ? 0 : 3 * stage - 2) + (isNorm ? 1 : 0)}`;
  }
  if (stage === 1) return `stem.${isNorm ? 1 : 0}`;
  if (letter !== "") return `blocks.${stage - 2}.${kind}_${letter}`;
  // A normalisation and ReLU, then the maps' convolution and normalisation.
  if (layer === `norm${last}`) return "features.0";
  return `features.${isNorm ? 3 : 2}`;
}

/** The same of a layer of the mask head; null for another one. */
function headModule(layer: string, { maskHead }: NetworkConfig): string | null {
  if (maskHead === "separate") {
    return { mask_conv: "mask_head.0", maps: "mask_head.1" }[layer] ?? null;
  }
  const [, kind, scale] = /^(conv|norm|enlarge)_mask_?(\w?)$/.exec(layer) ?? [];
  if (layer === PRIOR) return "mask_head.prior";
  if (kind === undefined) return null;
  if (kind === "enlarge" || !scale) return `mask_head.${scale ? `${kind}_${scale}` : kind}`;
  return `mask_head.${scale}.${kind === "conv" ? 0 : 1}`;
}

/**
 * Reorders the axes of an array.
 *
 * @param shape Of `data`.
 * @param axes Those of `data` in their new order.
 */
export function permute(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  );
  const lengths = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const target = new Float32Array(data.length);
  let at = 0;
  const copy = (axis: number, from: number) => {
    const [length, step] = [lengths[axis]!, steps[axis]!];
    const isLast = axis === axes.length - 1;
    for (let i = 0; i < length; i++, from += step) {
      if (isLast) target[at++] = data[from]!;
      else copy(axis + 1, from);
    }
  };
  copy(0, 0);
  return target;
}

/** The axes that undo a reordering. */
export function inverseOf(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}
