import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { adamWStep } from "../../../kernels/cpu/adamw_step.ts";
import { gradientScale as naiveScale } from "../../../kernels/cpu/gradient_scale.ts";
import { gradientMean as naiveMean } from "../../../kernels/cpu/gradient_mean.ts";
import { gradientMean } from "../../../kernels/gradient_mean.ts";
import { gradientScaleThreads } from "../../../kernels/wasm/gradient_scale.ts";
import { sgdStep } from "../../../kernels/cpu/sgd_step.ts";
import { gradientScale } from "../../../kernels/gradient_scale.ts";
import { TfjsHost } from "../../../kernels/tfjs/host.ts";
import { Optimizer, type OptimizerSettings } from "../../../kernels/tfjs/optimizer.ts";
import { heapAddress } from "../../../kernels/tfjs/wasm/heap.ts";
import type { WasmThreads } from "../../../kernels/wasm/threads.ts";
import { Random } from "../../../pipeline/numbers/random.ts";
import { assertClose } from "../../comparing/compare.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";
import { NEGATIVE_NAN } from "../../comparing/relu_cases.ts";
import { wasmTest } from "../../contexts/wasm_test_context.ts";

type Compute = TfjsHost | WasmThreads;

/** Registers a test on both backends. */
function computeTest(name: string, test: (compute: Compute) => Promise<void>): void {
  gpuTest(`${name}, on our kernels`, async (gpu) => test(await TfjsHost.attach(gpu)));
  wasmTest(`${name}, on threads`, test);
}

const SETTINGS: OptimizerSettings = {
  optimizer: "sgd",
  learningRate: 0.1,
  momentum: 0.9,
  weightDecay: 0.01,
  clip: 0,
};

/** Three steps, the last with half the learning rate, of a variable of each of the sizes. */
async function runSteps(
  compute: Compute,
  sizes: readonly number[],
  settings: OptimizerSettings,
): Promise<void> {
  const seed = 21;
  const random = new Random(seed);
  const array = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const start = sizes.map(array);
  const variables = start.map((numbers, i) =>
    tf.tidy(() => tf.variable(tf.tensor1d(numbers), true, `w${i}`))
  );
  const expected = start.map((numbers) => Float64Array.from(numbers));
  const states = sizes.map((size) => [new Float64Array(size), new Float64Array(size)] as const);
  using optimizer = new Optimizer(compute, settings);
  for (const [index, rate] of [0.1, 0.1, 0.05].entries()) {
    const gradients = sizes.map(array);
    optimizer.learningRate = rate;
    const named = Object.fromEntries(gradients.map((g, i) => [`w${i}`, tf.tensor1d(g)]));
    optimizer.step(variables, named);
    tf.dispose(named);
    const { momentum, weightDecay: decay, clip } = settings;
    const scale = clip > 0 ? naiveScale(gradients, clip) : 1;
    gradients.forEach((g, i) => {
      const [w, [first, second]] = [expected[i]!, states[i]!];
      const common = { rate, momentum, decay, scale };
      if (settings.optimizer === "sgd") sgdStep(w, first, g, common);
      else adamWStep({ w, m: first, v: second }, g, { ...common, step: index + 1 });
    });
  }
  // Together, since a number by itself may be next to nothing after three steps.
  const close = async (tensors: tf.Tensor[], expected: Float64Array[], relative: number) => {
    const numbers = await Promise.all(tensors.map((tensor) => tensor.data()));
    const what = `${JSON.stringify(settings)}, seed ${seed}`;
    assertClose(numbers.flatMap((all) => [...all]), expected.flatMap((all) => [...all]), {
      relative,
      what,
    });
  };
  await close(variables, expected, 1e-6);
  for (const slot of settings.optimizer === "sgd" ? [0] : [0, 1]) {
    const kept = variables.map((variable) => [...optimizer.stateOf(variable).values()][slot]!);
    await close(kept, states.map((state) => state[slot]!), 1e-6);
  }
  tf.dispose(variables);
}

// Numbers are taken by fours where that leaves none over; a part of a norm is of 4,096 or 16,384.
const SIZES = [1, 65, 260, 5000, 20001];

for (const optimizer of ["sgd", "adamw"] as const) {
  for (const clip of [0, 1e6, 0.5]) {
    computeTest(`Optimizer takes the steps of ${optimizer}'s twin with clip ${clip}`, (compute) => {
      return runSteps(compute, SIZES, { ...SETTINGS, optimizer, clip });
    });
  }
}

computeTest("Optimizer takes two steps of AdamW by hand", async (compute) => {
  // A first step goes by the learning rate whatever the gradient: 1 − 0.1·0.01 − 0.1.
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 1]), true, "w"));
  const settings = { ...SETTINGS, optimizer: "adamw" } as const;
  using optimizer = new Optimizer(compute, settings);
  const gradients = { w: tf.tensor1d([4, -0.25]) };
  optimizer.step([w], gradients);
  assertClose(await w.data(), [0.899, 1.099], { relative: 1e-6, what: "first step" });
  // With the same gradient again, both means are that gradient still.
  optimizer.step([w], gradients);
  const second = [0.899 * 0.999 - 0.1, 1.099 * 0.999 + 0.1];
  assertClose(await w.data(), second, { relative: 1e-6, what: "second step" });
  tf.dispose([w, gradients.w]);
});

/** The factor for gradients of the given numbers. */
async function scaleOf(
  compute: Compute,
  numbers: readonly (number[] | Float32Array)[],
  clip: number,
): Promise<number> {
  const tensors = numbers.map((gradient) => tf.tensor1d(gradient));
  try {
    if (!(compute instanceof TfjsHost)) {
      const gradients = tensors.map((tensor) => ({ g: heapAddress(tensor), size: tensor.size }));
      return gradientScaleThreads(compute, gradients, clip);
    }
    const gradients = tensors.map((tensor) => ({ g: compute.bind(tensor), size: tensor.size }));
    const settings = compute.gpu.createBuffer(8);
    gradientScale(compute.gpu, gradients, settings, clip);
    const [scale, untouched] = new Float32Array(await compute.gpu.read(settings));
    compute.gpu.destroy(settings);
    assert.equal(untouched, 0);
    return scale!;
  } finally {
    tf.dispose(tensors);
  }
}

computeTest("the clipping factor of 3 and 4 by hand", async (compute) => {
  const close = (actual: number, expected: number) =>
    assertClose([actual], [expected], { relative: 1e-6, what: "factor" });
  close(await scaleOf(compute, [[3], [4, 0, 0]], 2.5), 2.5 / 5.000001);
  close(await scaleOf(compute, [[3], [4, 0, 0]], 6), 1);
  close(await scaleOf(compute, [[0, 0]], 1), 1);
});

computeTest("the clipping factor of NaN is NaN, and of what is infinite 0", async (compute) => {
  for (const nan of [Float32Array.of(NaN), NEGATIVE_NAN]) {
    for (const clip of [1e-3, 1e6]) {
      assert(Number.isNaN(await scaleOf(compute, [[3, 4], nan], clip)), `clip ${clip}`);
    }
  }
  assert.equal(await scaleOf(compute, [[1, Infinity]], 1e6), 0);
});

computeTest("the clipping factor is the twin's", async (compute) => {
  const seed = 5;
  const random = new Random(seed);
  for (const sizes of [[63, 64, 65], [4096, 4097], [16383, 16385, 1]]) {
    const numbers = sizes.map((size) => Array.from({ length: size }, () => random.normal()));
    assertClose([await scaleOf(compute, numbers, 0.7)], [naiveScale(numbers, 0.7)], {
      relative: 1e-6,
      what: `${sizes}, seed ${seed}`,
    });
  }
});

gpuTest("gradientMean() is its twin, and with a share of 1 the gradient alone", async (gpu) => {
  const seed = 6;
  const random = new Random(seed);
  for (const size of [1, 63, 64, 65, 4096]) {
    for (const share of [1, 0.25]) {
      const [mean, g] = [0, 1].map(() =>
        Float32Array.from({ length: size }, () => random.normal())
      );
      if (share === 1) mean!.fill(NaN);
      const expected = Float64Array.from(mean!);
      naiveMean(expected, g!, share);
      const buffers = [mean!, g!, Float32Array.of(share)].map((data) => gpu.upload(data));
      gradientMean(gpu, { mean: buffers[0]!, g: buffers[1]!, share: buffers[2]! }, size);
      const actual = new Float32Array(await gpu.read(buffers[0]!));
      assertClose(actual, expected, {
        relative: 1e-5,
        what: `size ${size}, share ${share}, seed ${seed}`,
      });
      buffers.forEach((buffer) => gpu.destroy(buffer));
    }
  }
});
