/// <reference lib="dom" />
/** What computes in a browser. */

import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

/** tfjs's backends in the order in which they are tried. */
const PAGE_BACKENDS = ["webgpu", "webgl", "wasm"] as const;

/** One of them. */
export type PageBackend = typeof PAGE_BACKENDS[number];

/** How a backend comes to be, beyond wasm; false where the machine cannot. */
const LOADING: Readonly<Record<PageBackend, () => Promise<boolean>>> = {
  webgpu: async () => {
    if (!await navigator.gpu?.requestAdapter()) return false;
    await import("@tensorflow/tfjs-backend-webgpu");
    return true;
  },
  webgl: async () => {
    await import("@tensorflow/tfjs-backend-webgl");
    // With textures of f16 the probabilities would be others.
    return tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED");
  },
  wasm: () => Promise.resolve(true),
};

/**
 * Starts wasm, on which faces are found, so that the same ones are found everywhere. Its file lies beside
 * the page.
 *
 * @throws {Error} If the browser has no WebAssembly with SIMD.
 */
export async function startWasm(folder: URL): Promise<void> {
  // Threads need headers that a plain file server does not send.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(folder.href);
  if (!await starts("wasm")) throw new Error("This browser lacks WebAssembly with SIMD.");
}

/**
 * Makes tfjs compute on the first backend that starts and on which a trial succeeds.
 *
 * @param wanted Leaves no choice, where it is a backend's name.
 * @throws {Error} If none does; the message names what was tried.
 */
export async function chooseBackend(
  wanted: string | null,
  trial: () => Promise<boolean>,
): Promise<PageBackend> {
  const names = PAGE_BACKENDS.filter((name) => wanted === null || name === wanted);
  for (const name of names) if (await starts(name) && await trial().catch(() => false)) return name;
  const tried = names.length > 0 ? names.join(", ") : wanted;
  throw new Error(`The network cannot run in this browser (tried: ${tried}).`);
}

async function starts(name: PageBackend): Promise<boolean> {
  try {
    return await LOADING[name]() && await tf.setBackend(name);
  } catch {
    return false;
  }
}
