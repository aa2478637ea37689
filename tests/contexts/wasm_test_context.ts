/** Tests that need tfjs's backend "wasm" with our threads in its memory. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useWasm } from "../../kernels/tfjs/wasm/backend.ts";
import { tfjsHeap } from "../../kernels/tfjs/wasm/heap.ts";
import { WasmThreads } from "../../kernels/wasm/threads.ts";

/** Registers a test that is given two threads; it must leave no tensor. */
export function wasmTest(name: string, test: (threads: WasmThreads) => Promise<void>): void {
  Deno.test(name, async () => {
    await useWasm();
    const before = tf.memory().numTensors;
    using threads = await WasmThreads.start(tfjsHeap(), 2);
    await test(threads);
    assert.equal(tf.memory().numTensors, before, "tensors were left");
  });
}
