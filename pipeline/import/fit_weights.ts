/** Weights from elsewhere brought into the form that this program's network has. */

import type { ForeignTensor } from "./foreign_weights.ts";

/** Tensors by PyTorch's names. */
type Tensors = Record<string, ForeignTensor>;

/** A convolution and the normalisation behind it, by PyTorch's names. */
export interface NormedConvolution {
  readonly convolution: string;
  readonly norm: string;
}

/** PyTorch's epsilon of a normalisation, which is ours. */
const EPSILON = 1e-5;

const PARTS = ["weight", "bias", "running_mean", "running_var"] as const;

/**
 * Makes first filters for images from 0 to 1 into such for images from −1 to 1: of x = 2u − 1, w · u + b is
 * w/2 · x + (b + Σw/2), since no filter looks beyond the image.
 */
export function fromUnitRange(tensors: Tensors, convolution: string): void {
  const filters = tensors[`${convolution}.weight`];
  if (!filters) return;
  const name = `${convolution}.bias`;
  const count = filters.shape[0]!;
  const size = filters.data.length / count;
  const before = tensors[name]?.data;
  const half = filters.data.map((weight) => weight / 2);
  const bias = Float32Array.from({ length: count }, (_, filter) => {
    const own = half.subarray(filter * size, (filter + 1) * size);
    return own.reduce((sum, weight) => sum + weight, before?.[filter] ?? 0);
  });
  tensors[`${convolution}.weight`] = { shape: filters.shape, data: half };
  tensors[name] = { shape: [count], data: bias };
}

/**
 * Takes a convolution's bias, which ours have not, into the normalisation behind it: off its mean. Where that
 * is missing, since somebody has folded it into the filters, one that only adds the bias takes its place.
 */
export function absorbBias(tensors: Tensors, { convolution, norm }: NormedConvolution): void {
  const bias = tensors[`${convolution}.bias`];
  if (!bias) return;
  delete tensors[`${convolution}.bias`];
  const mean = `${norm}.running_mean`;
  const before = tensors[mean];
  if (before?.data.length === bias.data.length) {
    const data = before.data.map((value, channel) => value - bias.data[channel]!);
    tensors[mean] = { ...before, data };
  } else if (PARTS.every((part) => !tensors[`${norm}.${part}`])) {
    const filled = (value: number) => ({ ...bias, data: bias.data.map(() => value) });
    const parts = [filled(1), bias, filled(0), filled(1 - EPSILON)];
    PARTS.forEach((part, at) => tensors[`${norm}.${part}`] = parts[at]!);
  }
}
