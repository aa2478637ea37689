import assert from "node:assert/strict";
import { type BackendName, openBackend } from "../../../pipeline/compute/backend.ts";
import type { Batch } from "../../../pipeline/face/batches.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { assertClose } from "../../comparing/compare.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { noiseBatch, smallConfig } from "../../contexts/train_context.ts";

const CONFIG = smallConfig({ weightDecay: 0 });

/** The gradients of one step on some batches: a first step without decay leaves them as velocities. */
async function gradients(name: BackendName, batches: readonly Batch[]): Promise<Float32Array[]> {
  using backend = await openBackend(name);
  const network = buildNetwork(CONFIG.network, CONFIG.seed);
  using learner = new Learner(backend, network, CONFIG);
  for (const batch of batches) learner.gather(batch).dispose();
  learner.update();
  const velocities = learner.variables.map((variable) =>
    learner.optimizer.stateOf(variable).get("velocity")!.data<"float32">()
  );
  const all = await Promise.all(velocities);
  network.dispose();
  return all.map((numbers) => numbers.slice());
}

for (const name of ["wasm", "webgpu"] as const) {
  Deno.test({
    name: `Learner.gather() gives a step the mean over the images of all batches on ${name}`,
    ignore: name === "webgpu" && !hasGpu,
    fn: async () => {
      const batches = [5, 3, 1].map((count) => noiseBatch(CONFIG, count, count));
      const together = await gradients(name, batches);
      const alone: Float32Array[][] = [];
      for (const batch of batches) alone.push(await gradients("wasm", [batch]));
      const expected = together.map((numbers, weight) =>
        numbers.map((_, i) =>
          (5 * alone[0]![weight]![i]! + 3 * alone[1]![weight]![i]! + alone[2]![weight]![i]!) / 9
        )
      );
      together.forEach((numbers, weight) => {
        // A scale that the next normalisation undoes has a gradient of rounding only.
        if (expected[weight]!.every((value) => Math.abs(value) < 1e-6)) return;
        const what = `gradient ${weight} of three batches, seeds 5, 3 and 1`;
        assertClose(numbers, expected[weight]!, { relative: 2e-4, what });
      });
      assert(together.length > 10);
    },
  });
}
