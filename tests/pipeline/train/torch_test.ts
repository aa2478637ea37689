import assert from "node:assert/strict";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import type { Batch } from "../../../pipeline/face/batches.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import type { TrainConfig } from "../../../pipeline/network/settings.ts";
import { type NamedTensor, readTensors } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { assertClose } from "../../comparing/compare.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { hasTorch, type Steps, torchSteps } from "../../contexts/torch_context.ts";
import { sampleBatches, smallConfig } from "../../contexts/train_context.ts";

const STEPS = 10;

/** Steps by ours on the batches. */
async function ourSteps(
  name: "webgpu" | "wasm",
  config: TrainConfig,
  batches: readonly Batch[],
): Promise<Steps & { readonly start: NamedTensor[] }> {
  using backend = await openBackend(name);
  const network = buildNetwork(config.network, config.seed);
  using learner = new Learner(backend, network, config);
  const weights = () =>
    readTensors(network.weights.map((weight) => [weight.originalName, weight.read()] as const));
  const start = (await weights()).map((weight) => ({ ...weight, data: weight.data.slice() }));
  const losses: number[] = [];
  for (const [index, batch] of batches.entries()) {
    const values = learner.gather(batch);
    if ((index + 1) % config.accumulate === 0) learner.update();
    losses.push(...await values.data());
    values.dispose();
  }
  const steps = { start, losses, weights: await weights() };
  network.dispose();
  return steps;
}

/** Compares losses step by step, since later ones are smaller, and loosely where the steps have led. */
function compare(actual: Steps, expected: Steps, what: string, isAdamW = false): void {
  const names = ["loss", "attribute loss", "mask loss"];
  expected.losses.forEach((loss, i) => {
    const step = `${names[i % 3]} of step ${Math.floor(i / 3)}`;
    assertClose([actual.losses[i]!], [loss], { relative: 1e-3, what: `${step}, ${what}` });
  });
  expected.weights.forEach(({ name, data }, i) => {
    // Shifts start from zero and are still small.
    // AdamW takes steps of one length by gradients of any, also where those are mostly rounding.
    const relative = name.endsWith("/beta") ? 0.2 : isAdamW ? 0.1 : 0.03;
    assertClose(actual.weights[i]!.data, data, { relative, what: `${name}, ${what}` });
  });
}

/**
 * Small steps: with the presets' 0.01 and few images PyTorch parts from itself in f64 by a hundredth
 * within ten steps, since each step magnifies the rounding of those before.
 */
const learningRate = 5e-4;

const CONFIGS = {
  lite: trainConfig("lite", { batch: 4, learningRate }),
  // All widths of the network; a quarter of the side and two images, to be done in seconds.
  paper: trainConfig("paper", {
    network: { ...trainConfig("paper").network, input: { height: 54, width: 44 } },
    batch: 2,
    augmentation: { flip: true, shift: 2 },
    learningRate,
  }),
  // The norm of the gradients is about 3 here: every step is clipped.
  "lite with clipped steps of two batches each": smallConfig({
    ...{ batch: 4, accumulate: 2, clip: 0.5, learningRate: 0.01 },
  }),
  "lite with AdamW": smallConfig({ batch: 4, optimizer: "adamw", learningRate: 2e-4 }),
};

for (const [preset, config] of Object.entries(CONFIGS)) {
  const what = `preset ${preset}, seed ${config.seed}`;
  Deno.test({
    name: `ten batches of the preset ${preset} are PyTorch's, on every backend`,
    ignore: !hasTorch,
    fn: async () => {
      const batches = await sampleBatches(config, STEPS);
      const onWasm = await ourSteps("wasm", config, batches);
      const expected = await torchSteps(config, onWasm.start, batches);
      const isAdamW = config.optimizer === "adamw";
      compare(onWasm, expected, `wasm, ${what}`, isAdamW);
      if (hasGpu) {
        const onGpu = await ourSteps("webgpu", config, batches);
        compare(onGpu, expected, `webgpu, ${what}`, isAdamW);
      }
      // The comparison notices a learning rate that is too high by half.
      const wrong = { ...config, learningRate: 1.5 * config.learningRate };
      const other = await torchSteps(wrong, onWasm.start, batches);
      assert.throws(() => compare(onWasm, other, what), /loss of step [1-9], .* are off by more/);
    },
  });
}
