import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import {
  type BackendName,
  openBackend,
  prepareNetwork,
} from "../../../pipeline/compute/backend.ts";
import {
  applyNetwork,
  buildNetwork,
  maskSize,
  type NetworkConfig,
  withMapLogits,
} from "../../../pipeline/network/network.ts";
import { MaskPrior, maskPrior, setMaskPrior } from "../../../pipeline/network/mask_prior.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import { attributeRegionMasks } from "../../../pipeline/face/regions.ts";
import { readModel, writeModel } from "../../../pipeline/train/files/model_folder.ts";
import { assertClose } from "../../comparing/compare.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";

const SMALL: Record<string, NetworkConfig> = {
  plain: {
    ...PRESETS.lite.network,
    input: { height: 54, width: 45 },
    widths: [4, 8, 8, 12, 12],
    maskHead: "context",
  },
  residual: {
    ...PRESETS.residual.network,
    input: { height: 54, width: 45 },
    widths: [4, 8, 8],
    maskHead: "context",
  },
};

/** A prior of 100 faces, of which the first `n` cover cell n with all regions. */
function somePrior(cells: number): MaskPrior {
  const prior = new MaskPrior(cells);
  for (let face = 0; face < 100; face++) {
    prior.add(
      Uint32Array.from({ length: cells }, (_, cell) => face < cell % 101 ? 2 ** 14 - 1 : 0),
    );
  }
  return prior;
}

function images({ input: { height, width } }: NetworkConfig): tf.Tensor {
  return tf.randomUniform([2, height, width, 3], -1, 1, "float32", 7);
}

/** Gives weights that begin at zero, or at one, something to do. */
function disturb(network: LayersModel): void {
  for (const [index, weight] of network.trainableWeights.entries()) {
    const variable = weight.read() as tf.Variable;
    tf.tidy(() =>
      variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.2, "float32", index)))
    );
  }
}

Deno.test("the maps of a head with context are half of the image's side", () => {
  assert.deepEqual(maskSize({ ...PRESETS.lite.network, maskHead: "context" }), {
    height: 54,
    width: 44,
  });
  assert.deepEqual(maskSize(SMALL.residual!), { height: 26, width: 22 });
});

Deno.test("MaskPrior gives the log odds of the faces' share, with half a face more of each kind", () => {
  const prior = new MaskPrior(2);
  const [smiling] = [31].map((a) => attributeRegionMasks()[a]!);
  for (const bits of [[smiling!, 0], [smiling!, 0], [0, 0]]) prior.add(Uint32Array.from(bits));
  const logits = prior.logits();
  assertClose([logits[31]!, logits[40 + 31]!], [Math.log(2.5 / 1.5), Math.log(0.5 / 3.5)], {
    relative: 1e-6,
    what: "log odds",
  });
});

for (const backend of ["wasm", "webgpu"] as const) {
  for (const [kind, config] of Object.entries(SMALL)) {
    Deno.test({
      name: `a ${kind} network's maps begin at the prior, and are kept with it, on ${backend}`,
      ignore: backend === "webgpu" && !hasGpu,
      fn: () => beginsAtPrior(backend, config),
    });
  }
}

async function beginsAtPrior(name: BackendName, config: NetworkConfig): Promise<void> {
  using backend = await openBackend(name);
  const network = buildNetwork(config, 5);
  const { height, width } = maskSize(config);
  setMaskPrior(network, somePrior(height * width));
  prepareNetwork(backend, network);
  const folder = await Deno.makeTempDir();
  const saved: LayersModel[] = [];
  try {
    const x = images(config);
    const mapsOf = async (network: LayersModel) =>
      Float32Array.from(await tf.tidy(() => applyNetwork(network, x, false).maps).data());
    const prior = await maskPrior(network);
    const maps = await mapsOf(network);
    assert.equal(maps.length, 2 * prior!.length);
    assertClose(maps, [...prior!, ...prior!], { relative: 1e-6, what: "maps of two images" });
    disturb(network);
    const changed = await mapsOf(network);
    assert(changed.some((value, i) => Math.abs(value - maps[i]!) > 0.01), "nothing was learnt");
    const logits = await mapsOf(withMapLogits(network));
    assertClose(changed, logits.map((x) => 1 / (1 + Math.exp(-x))), {
      relative: 1e-5,
      what: "probabilities of logits",
    });
    await writeModel(folder, network);
    saved.push(await readModel(folder));
    prepareNetwork(backend, saved[0]!);
    assert.deepEqual(await mapsOf(saved[0]!), changed);
    assert.deepEqual(await maskPrior(saved[0]!), prior);
    x.dispose();
  } finally {
    for (const network of saved) network.dispose();
    network.dispose();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "stock tfjs says the same of a network with such a head",
  ignore: !hasGpu,
  fn: async () => {
    using backend = await openBackend("webgpu");
    for (const config of Object.values(SMALL)) {
      const network = buildNetwork(config, 5);
      const { height, width } = maskSize(config);
      setMaskPrior(network, somePrior(height * width));
      disturb(network);
      const x = images(config);
      const outputs = async () => {
        const { logits, maps } = tf.tidy(() => applyNetwork(network, x, false));
        return [...await logits.data(), ...await maps.data()];
      };
      const stock = await outputs();
      prepareNetwork(backend, network);
      assertClose(await outputs(), stock, { relative: 1e-4, what: "logits and maps" });
      x.dispose();
      network.dispose();
    }
  },
});
