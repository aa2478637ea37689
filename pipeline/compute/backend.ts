/** Which backend computes: our kernels and tfjs on a WebGPU adapter, or tfjs on WebAssembly. */

import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Gpu } from "../../kernels/webgpu/gpu.ts";
import { TfjsHost } from "../../kernels/tfjs/host.ts";
import {
  addShiftAlone,
  enlargeByConvolution,
  fuseBatchNorm,
  fuseBatchNormPool,
  pruneInputGradient,
} from "../../kernels/tfjs/layers.ts";
import type { WasmThreads } from "../../kernels/wasm/threads.ts";
import { sharedDevice, sharedThreads } from "./shared_backends.ts";
import { convLayers, enlargingLayers, normLayers, priorLayer } from "../network/network.ts";

/** Names of the backends. */
export const BACKENDS = ["webgpu", "wasm"] as const;

/** A backend that can be asked for. */
export type BackendName = typeof BACKENDS[number];

/** The backend in use. Dispose it to release the device. */
export interface Backend extends Disposable {
  /** Which one it is. */
  readonly name: BackendName;
  /** Why this one, in a few words for the user. */
  readonly reason: string;
  /** The device that our kernels and tfjs share; null on wasm. */
  readonly gpu: Gpu | null;
  /** The threads that our kernels run on in tfjs's memory; null on webgpu. */
  readonly threads: WasmThreads | null;
}

/**
 * Opens a backend. One that is open already is shared, and closed when the last who opened it disposes it.
 *
 * tfjs computes on one backend at a time. A stage selects its own when it begins, so that several may be
 * open, but stages on different ones must not run at the same time.
 *
 * @example What computes, and why
 * ```ts
 * import { openBackend } from "@attparsenet/attparsenet";
 *
 * using backend = await openBackend();
 * console.log(backend.name, backend.reason);
 * ```
 *
 * @param choice `auto`: webgpu where there is an adapter, else wasm.
 * @param threads Threads that compute on wasm, by default one for each core and 16 at most; whoever opens
 * it while it is open shares those that there are.
 * @throws {Error} If webgpu is asked for and there is no adapter.
 */
export function openBackend(
  choice: BackendName | "auto" = "auto",
  threads?: number,
): Promise<Backend> {
  const backend = opening.then(() => open(choice, threads));
  opening = backend.catch(() => {});
  return backend;
}

/** Backends open one after the other: of two that start together, tfjs discards the first. */
let opening: Promise<unknown> = Promise.resolve();

async function open(
  choice: BackendName | "auto",
  threads: number | undefined,
): Promise<Backend> {
  if (choice === "wasm") return await openWasm("as asked for", threads);
  const { value: gpu, letGo } = await sharedDevice.take();
  if (gpu) {
    const backend: Backend = {
      name: "webgpu",
      reason: choice === "auto" ? kindOf(gpu) : "as asked for",
      gpu,
      threads: null,
      [Symbol.dispose]: letGo,
    };
    await selectBackend(backend);
    return backend;
  }
  if (choice === "auto") return await openWasm("no WebGPU adapter was found", threads);
  throw new Error(
    "There is no WebGPU adapter: install a Vulkan driver (doctor tells which), or use --backend wasm",
  );
}

async function openWasm(reason: string, count: number | undefined): Promise<Backend> {
  const { value: { threads }, letGo } = await sharedThreads.take(count);
  const backend: Backend = { name: "wasm", reason, gpu: null, threads, [Symbol.dispose]: letGo };
  await selectBackend(backend);
  return backend;
}

/** Makes tfjs compute on an open backend. */
export async function selectBackend({ name }: Pick<Backend, "name">): Promise<void> {
  if (!tf.findBackendFactory(name)) throw new Error("The backend has been closed");
  if (tf.getBackend() !== name) await tf.setBackend(name);
}

/** The device loss that caused a failure, if there was one; else the failure itself. */
export async function failureOf({ gpu }: Backend, error: unknown): Promise<unknown> {
  return gpu ? await gpu.causeOf(error) : error;
}

/** One line for the user: what computes, and why. */
export function describeBackend({ name, reason, gpu }: Backend): string {
  const device = gpu ? ` on ${gpu.info.description || gpu.info.vendor}` : "";
  return `backend ${name}${device} (${reason})`;
}

/**
 * Lets convolutions and dense layers round their factors to f16 from now on; sums stay f32.
 *
 * @throws {Error} If the backend has no adapter that can.
 */
export function useHalfPrecision({ name, gpu }: Backend): void {
  if (!gpu) throw new Error(`--f16 needs a WebGPU adapter, and the backend is ${name}`);
  if (!gpu.device.features.has("shader-f16")) {
    throw new Error("--f16 needs the feature shader-f16, which this adapter lacks");
  }
  gpu.halfPrecision = true;
}

/** Puts our kernels under a network's layers where the backend has them. */
export function prepareNetwork(backend: Backend, network: tfl.LayersModel): void {
  for (const layer of convLayers(network)) pruneInputGradient(layer);
  for (const layer of enlargingLayers(network)) enlargeByConvolution(layer);
  const prior = priorLayer(network);
  if (prior) addShiftAlone(prior);
  const compute = computeOf(backend);
  for (const { norm, relu, pool } of normLayers(network)) {
    const isFused = compute instanceof TfjsHost && relu && pool;
    if (isFused) fuseBatchNormPool(compute, norm, relu, pool);
    else fuseBatchNorm(compute, norm, relu);
  }
}

/** Where a backend's fused kernels run. */
export function computeOf({ gpu, threads }: Backend): TfjsHost | WasmThreads {
  const compute = threads ?? TfjsHost.of(gpu);
  if (!compute) throw new Error("The backend has been closed");
  return compute;
}

function kindOf(gpu: Gpu): string {
  return gpu.isFallback ? "a software adapter" : "a hardware adapter";
}
