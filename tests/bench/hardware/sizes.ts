/** The networks and batches whose steps `deno task bench hardware` takes. */

import { forwardFlops, type NetworkConfig } from "../../../pipeline/network/network.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import { FRAME } from "../../../pipeline/face/frame.ts";

/** A network with its batch. */
export interface Size {
  readonly name: string;
  readonly preset: "lite" | "paper";
  readonly network: NetworkConfig;
  readonly batch: number;
}

const LITE = PRESETS.lite.network;

/** By their names; `full` is `lite` on images of the whole frame. */
export const SIZES: readonly Size[] = [
  { name: "lite 16", preset: "lite", network: LITE, batch: 16 },
  { name: "lite 64", preset: "lite", network: LITE, batch: 64 },
  { name: "full 32", preset: "lite", network: { ...LITE, input: FRAME }, batch: 32 },
  { name: "paper 8", preset: "paper", network: PRESETS.paper.network, batch: 8 },
  { name: "paper 40", preset: "paper", network: PRESETS.paper.network, batch: 40 },
];

/** A size by its name. */
export function sizeOf(name: string): Size {
  const size = SIZES.find((size) => size.name === name);
  if (!size) throw new RangeError(`There is no size "${name}"`);
  return size;
}

/** Multiplications and additions of a step: forward, and the gradients by images and by weights. */
export function stepFlops({ network, batch }: Size): number {
  return 3 * batch * forwardFlops(network);
}
