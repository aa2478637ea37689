/** The joint loss on both backends as the tests run it, and inputs for it. */

import { jointLossThreads } from "../../kernels/wasm/joint_loss.ts";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import {
  jointLoss,
  jointLossParts,
  type JointLossShape,
  type LossTargets,
  packTargets,
} from "../../kernels/joint_loss.ts";
import { WasmThreads } from "../../kernels/wasm/threads.ts";
import type { Random } from "../../pipeline/numbers/random.ts";
import { PlainHeap } from "../comparing/plain_heap.ts";

/** What the loss is of. */
export interface Inputs extends LossTargets {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly maps: Float32Array<ArrayBuffer>;
  readonly bits: Uint32Array<ArrayBuffer>;
}

/** Losses, f32 [3], and gradients. */
export interface Results {
  readonly losses: Float32Array;
  readonly dlogits: Float32Array;
  readonly dmaps: Float32Array;
}

/** Inputs of a shape; `size` is the standard deviation of the maps. */
export function randomInputs(
  { batch, cells, attributes }: JointLossShape,
  random: Random,
  size = 1,
): Inputs {
  const words = (length: number) =>
    Uint32Array.from({ length }, () => Math.floor(random.next() * 2 ** 32));
  const floats = (length: number, size: number) =>
    Float32Array.from({ length }, () => size * random.normal());
  return {
    logits: floats(batch * attributes, 4),
    maps: floats(batch * cells * attributes, size),
    bits: words(batch * cells).map((word) => word & 0x3fff),
    labels: floats(batch * attributes, 1).map((value) => value > 0 ? 1 : 0),
    wanted: words(batch * attributes).map((word) => word & 0x3fff),
    labelWeights: floats(batch * attributes, 1).map(Math.abs),
    maskWeights: floats(batch * attributes, 1).map(Math.abs),
  };
}

/** The loss on WebGPU. */
export async function runKernel(
  gpu: Gpu,
  inputs: Inputs,
  shape: JointLossShape,
): Promise<Results> {
  const buffers = {
    logits: gpu.upload(inputs.logits),
    maps: gpu.upload(inputs.maps),
    bits: gpu.upload(inputs.bits),
    targets: gpu.upload(packTargets(inputs, shape.attributes)),
    dlogits: gpu.createBuffer(inputs.logits.byteLength),
    dmaps: gpu.createBuffer(inputs.maps.byteLength),
    parts: gpu.createBuffer(8 * jointLossParts(shape)),
    losses: gpu.createBuffer(12),
  };
  jointLoss(gpu, buffers, shape);
  const read = async (buffer: GPUBuffer) => new Float32Array(await gpu.read(buffer));
  const result = {
    losses: await read(buffers.losses),
    dlogits: await read(buffers.dlogits),
    dmaps: await read(buffers.dmaps),
  };
  gpu.destroy(...Object.values(buffers));
  return result;
}

/** The loss on so many WebAssembly threads. */
export async function runThreads(
  count: number,
  inputs: Inputs,
  shape: JointLossShape,
): Promise<Results> {
  const heap = new PlainHeap();
  using threads = await WasmThreads.start(heap, count);
  const [maps, dmaps] = [inputs.maps, inputs.maps.map(() => NaN)].map((all) => heap.place(all));
  const dlogits = new Float32Array(inputs.logits.length);
  const addresses = { maps: maps!, dmaps: dmaps! };
  const { attributeLoss, maskLoss } = jointLossThreads(threads, addresses, inputs, dlogits, shape);
  const total = attributeLoss + shape.weight * maskLoss;
  const losses = Float32Array.of(total, attributeLoss, maskLoss);
  return { losses, dlogits, dmaps: threads.numbers(dmaps!, inputs.maps.length).slice() };
}
