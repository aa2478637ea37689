import assert from "node:assert/strict";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { TILES } from "../../../kernels/convolution/tiles.ts";
import { useFamily } from "../../../kernels/convolution.ts";
import { openBackend, useHalfPrecision } from "../../../pipeline/compute/backend.ts";
import { trainingJobs } from "../../../pipeline/compute/kernel_choices.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { assertClose } from "../../comparing/compare.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { noiseBatch, smallConfig } from "../../contexts/train_context.ts";

const CONFIG = smallConfig();
const SEED = 4;

/** Losses of three steps on the same batch, and logits after them; `prepare` changes the device first. */
async function learn(prepare: (gpu: Gpu) => void = () => {}): Promise<number[]> {
  using backend = await openBackend("webgpu");
  prepare(backend.gpu!);
  const network = buildNetwork(CONFIG.network, CONFIG.seed);
  using learner = new Learner(backend, network, CONFIG);
  const batch = noiseBatch(CONFIG, 6, SEED);
  const numbers: number[] = [];
  for (let step = 0; step < 3; step++) {
    const losses = learner.step(batch);
    numbers.push(...await losses.data());
    losses.dispose();
  }
  numbers.push(...(await learner.forward(batch)).logits);
  network.dispose();
  backend.gpu!.check();
  return numbers;
}

/** The same on the kernels that the adapter takes by itself. */
let plain: Promise<number[]> | null = null;

function learnerTest(name: string, relative: number, prepare: (gpu: Gpu) => void): void {
  const fn = async () => {
    const expected = await (plain ??= learn());
    const what = `losses and logits, seed ${SEED}`;
    assertClose(await learn(prepare), expected, { relative, what });
  };
  Deno.test({ name, ignore: !hasGpu, fn });
}

learnerTest("training by runs of three images takes the same steps", 1e-5, (gpu) => {
  gpu.bindingLimit = 1e5;
});

/** Makes every operation of a step run on a tile: the smallest, which compiles fastest. */
function tileAll(gpu: Gpu, half: boolean): void {
  for (const { operation, shape } of trainingJobs(CONFIG.network, 6)) {
    useFamily(gpu, operation, shape, { ...TILES.at(-1)!, half });
  }
}

learnerTest("training on tiles takes the same steps", 1e-5, (gpu) => tileAll(gpu, false));

learnerTest(
  "training on f16 tiles takes nearly the same steps",
  1e-2,
  (gpu) => tileAll(gpu, gpu.device.features.has("shader-f16")),
);

Deno.test({
  name: "forward() hears of a command that the device has refused",
  ignore: !hasGpu,
  fn: async () => {
    using backend = await openBackend("webgpu");
    const gpu = backend.gpu!;
    const network = buildNetwork(CONFIG.network, CONFIG.seed);
    using learner = new Learner(backend, network, CONFIG);
    const batch = noiseBatch(CONFIG, 2, SEED);
    await learner.forward(batch);
    // A copy beyond the end of a buffer.
    const buffer = gpu.createBuffer(16);
    gpu.host.copies().copyBufferToBuffer(buffer, 0, buffer, 64, 16);
    await assert.rejects(learner.forward(batch), /The GPU refused a command/);
    gpu.destroy(buffer);
    network.dispose();
  },
});

Deno.test("useHalfPrecision() refuses a backend without the feature", () => {
  const backend = {
    name: "wasm",
    reason: "",
    gpu: null,
    threads: null,
    [Symbol.dispose]: () => {},
  } as const;
  assert.throws(
    () => useHalfPrecision(backend),
    new Error("--f16 needs a WebGPU adapter, and the backend is wasm"),
  );
  const gpu = { device: { features: new Set() }, halfPrecision: false } as unknown as Gpu;
  assert.throws(
    () => useHalfPrecision({ ...backend, name: "webgpu", gpu }),
    new Error("--f16 needs the feature shader-f16, which this adapter lacks"),
  );
  assert.equal(gpu.halfPrecision, false);
});
