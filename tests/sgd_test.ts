import * as tf from "@tensorflow/tfjs-core";
import { sgdStep as naiveStep } from "../kernels/cpu/sgd_step.ts";
import { TfjsHost } from "../kernels/tfjs_host.ts";
import { Sgd } from "../kernels/tfjs_sgd.ts";
import type { WasmThreads } from "../kernels/wasm_threads.ts";
import { Random } from "../pipeline/random.ts";
import { assertClose } from "./compare.ts";
import { gpuTest } from "./gpu_test_context.ts";
import { wasmTest } from "./wasm_test_context.ts";

const SETTINGS = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 };

/** Three steps, the last with half the learning rate, of `size` parameters. */
async function runSteps(compute: TfjsHost | WasmThreads, size: number): Promise<void> {
  const seed = 21;
  const random = new Random(seed);
  const array = () => Float32Array.from({ length: size }, () => random.normal());
  const start = array();
  const variable = tf.tidy(() => tf.variable(tf.tensor1d(start), true, "w"));
  const expected = Float64Array.from(start);
  const velocity = new Float64Array(size);
  using sgd = new Sgd(compute, SETTINGS);
  for (const rate of [0.1, 0.1, 0.05]) {
    const gradient = array();
    sgd.learningRate = rate;
    const gradients = { w: tf.tensor1d(gradient) };
    sgd.step([variable], gradients);
    gradients.w.dispose();
    naiveStep(expected, velocity, gradient, { rate, momentum: 0.9, decay: 0.01 });
  }
  assertClose(await variable.data(), expected, {
    relative: 1e-6,
    what: `${size} weights, seed ${seed}`,
  });
  const saved = await sgd.velocities.get("w")!.data();
  assertClose(saved, velocity, { relative: 1e-6, what: `${size} velocities, seed ${seed}` });
  variable.dispose();
}

gpuTest("Sgd on our kernel takes the steps of the twin", async (gpu) => {
  const host = await TfjsHost.attach(gpu);
  // Numbers are taken by fours where that leaves none over.
  for (const size of [1, 65, 260]) await runSteps(host, size);
});

wasmTest("Sgd on threads takes the steps of the twin", async (threads) => {
  for (const size of [1, 65, 260]) await runSteps(threads, size);
});
