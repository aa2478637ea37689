import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { useWasm } from "../kernels/tfjs_wasm.ts";
import {
  activations,
  applyNetwork,
  buildNetwork,
  forwardFlops,
  maskSize,
} from "../pipeline/network.ts";
import { PRESETS, trainConfig } from "../pipeline/presets.ts";

Deno.test("the paper preset has the sizes of the reference", () => {
  const { network } = PRESETS.paper;
  assert.deepEqual(maskSize(network), { height: 96, width: 76 });
  // 73 GFLOP forward; the largest maps are the fourth layer's, 100 x 80.
  assert.equal(Math.round(forwardFlops(network) / 1e9), 73);
  assert.equal(Math.max(...activations(network)), 100 * 80 * 512);
});

Deno.test("the lite preset halves the side of image and masks", () => {
  assert.deepEqual(maskSize(PRESETS.lite.network), { height: 41, width: 31 });
});

Deno.test("buildNetwork() gives logits and maps, the same for the same seed", async () => {
  await useWasm();
  const config = { input: { height: 54, width: 44 }, widths: [4, 8, 8, 12, 12] } as const;
  const run = async (seed: number) => {
    const network = buildNetwork(config, seed);
    const result = tf.tidy(() => applyNetwork(network, tf.ones([2, 54, 44, 3]), false));
    const data = [...await result.logits.data()];
    assert.deepEqual(result.logits.shape, [2, 40]);
    assert.deepEqual(result.maps.shape, [2, 14, 9, 40]);
    tf.dispose([result.logits, result.maps]);
    network.dispose();
    return data;
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
});

Deno.test("trainConfig() takes overrides and refuses what is out of range", () => {
  assert.equal(trainConfig("lite", { epochs: 3 }).epochs, 3);
  assert.throws(() => trainConfig("lite", { epochs: 0 }), /epochs must be above 0, got 0/);
  assert.throws(() => trainConfig("lite", { batch: 1.5 }), /batch must be a whole number, got 1.5/);
  assert.throws(() => trainConfig("lite", { momentum: -1 }), /momentum must not be negative/);
});
