import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { useWasm } from "../../../kernels/tfjs/wasm/backend.ts";
import {
  activations,
  applyNetwork,
  buildNetwork,
  convolutionShapes,
  forwardFlops,
  maskSize,
  normLayers,
} from "../../../pipeline/network/network.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";

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

for (const architecture of ["plain", "residual"] as const) {
  for (const maskHead of ["shared", "separate"] as const) {
    Deno.test(`maskSize() is the size of a ${architecture} network's maps, ${maskHead} head`, async () => {
      await useWasm();
      const config = { ...PRESETS.lite.network, architecture, maskHead };
      const network = buildNetwork({ ...config, widths: [4, 8, 8, 12, 12] }, 1);
      const { height, width } = maskSize(config);
      assert.deepEqual(network.outputs.map(({ shape }) => shape), [
        [null, 40],
        [null, height, width, 40],
      ]);
      const shapes = convolutionShapes({ ...config, widths: [4, 8, 8, 12, 12] });
      const sizes = network.layers.filter((layer) => layer.getClassName() === "Conv2D")
        .map((layer) => (layer.input as tfl.SymbolicTensor).shape.slice(1).join());
      assert.deepEqual(
        sizes.toSorted(),
        shapes.map(({ height, width, channels }) => `${height},${width},${channels}`).toSorted(),
      );
      assert.equal(normLayers(network).filter(({ pool }) => pool).length, 1);
      assert.equal(
        normLayers(network).filter(({ relu }) => relu).length,
        shapes.length - {
          // The last maps, and the 1x1 filters of a block or of the masks, have no ReLU of their own.
          plain: { shared: 1, separate: 2 },
          residual: { shared: 3, separate: 4 },
        }[architecture][maskHead] + (architecture === "residual" ? 1 : 0),
      );
      network.dispose();
    });
  }
}

Deno.test("buildNetwork() refuses images that are too small", () => {
  const config = { ...PRESETS.lite.network, input: { height: 24, width: 24 } };
  assert.throws(() => buildNetwork(config, 1), /24x24 are too small/);
});

Deno.test("buildNetwork() gives logits and maps, the same for the same seed", async () => {
  await useWasm();
  const config = {
    ...PRESETS.lite.network,
    input: { height: 54, width: 44 },
    widths: [4, 8, 8, 12, 12],
  };
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
