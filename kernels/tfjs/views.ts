/** Which of tfjs's operations only copy a view of their input, on whatever backend. */

import * as tf from "@tensorflow/tfjs-core";
import { type StridedView, transposedView, windowOf } from "../strided_view.ts";
import type { KernelAttributes, OwnKernel } from "./convolution.ts";

interface View {
  readonly view: StridedView | null;
  readonly shape: number[];
}

type ViewOf = (x: tf.TensorInfo, attributes: KernelAttributes) => View | null;

const VIEWS: Readonly<Record<string, ViewOf>> = {
  Slice: (x, { begin, size }) => {
    const sliced = [begin, size] as [number[], number[]];
    const [starts, shape] = tf.slice_util.parseSliceParams(x as tf.Tensor, ...sliced) as number[][];
    return { view: windowOf(x.shape, starts!, shape!), shape: shape! };
  },
  PadV2: (x, { paddings, constantValue }) => {
    if (constantValue !== 0) return null;
    const sides = paddings as [number, number][];
    const shape = x.shape.map((bound, i) => sides[i]![0] + bound + sides[i]![1]);
    return { view: windowOf(x.shape, sides.map(([before]) => -before), shape), shape };
  },
  Transpose: (x, { perm }) => {
    const order = perm as number[];
    return { view: transposedView(x.shape, order), shape: order.map((axis) => x.shape[axis]!) };
  },
};

/**
 * Kernels of these operations on one that copies a view.
 *
 * @param copy Makes a tensor of a shape, which is the view of x.
 */
export function viewKernels(
  copy: (x: tf.TensorInfo, view: StridedView, shape: number[]) => tf.TensorInfo,
): Record<string, OwnKernel> {
  const kernels = Object.entries(VIEWS).map(([name, viewOf]): [string, OwnKernel] => [
    name,
    ({ x }, attributes) => {
      if (x!.dtype !== "float32" || x!.shape.includes(0)) return null;
      const found = viewOf(x!, attributes);
      return found?.view && !found.shape.includes(0) ? copy(x!, found.view, found.shape) : null;
    },
  ]);
  return Object.fromEntries(kernels);
}
