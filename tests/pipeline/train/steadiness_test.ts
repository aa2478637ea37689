import assert from "node:assert/strict";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import { curveText, faultsOf, type FlatLimits } from "../../endurance/soak/memory_curve.ts";
import type { trainLong } from "../../endurance/soak/training.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { smallConfig } from "../../contexts/train_context.ts";
import { inOwnProcess } from "../../processes/own_process.ts";

/** Where `trainLong` is: what its process holds is measured. */
const TRAINING = import.meta.resolve("../../endurance/soak/training.ts");

const STEPS_PER_EPOCH = 25;
/**
 * A step leaves nothing behind but the engine's optimised code. The process grows by 4 MiB on wasm and by
 * 14 on a software adapter, whose memory is its own.
 */
const LIMITS: FlatLimits = { heldGrowth: 4096, residentGrowth: Infinity, slack: 32 * 2 ** 20 };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

for (const [name, epochs] of [["wasm", 20], ["webgpu", 14]] as const) {
  Deno.test({
    name: `train() stays finite, learns and holds its memory for ${25 * epochs} steps on ${name}`,
    ignore: name === "webgpu" && !hasGpu,
    fn: async () => {
      const config = smallConfig({
        network: {
          ...PRESETS.lite.network,
          input: { height: 40, width: 36 },
          widths: [4, 8, 8, 12, 12],
        },
        ...{ epochs, batch: 4, learningRate: 0.01, learningRateDecay: 1 },
      });
      const args = [name, config, STEPS_PER_EPOCH] as const;
      const { losses, readings } = await inOwnProcess<typeof trainLong>(
        TRAINING,
        "trainLong",
        ...args,
      );
      assert.equal(losses.length, epochs * STEPS_PER_EPOCH);
      assert(losses.every(Number.isFinite));
      const [first, last] = [mean(losses.slice(0, 50)), mean(losses.slice(-50))];
      assert(last < first / 2, `mean losses of 50 steps: first ${first}, last ${last}, seed 64`);
      assert.deepEqual(faultsOf(readings, LIMITS), [], curveText(readings));
    },
  });
}
