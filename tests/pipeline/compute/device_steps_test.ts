import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import type { Batch } from "../../../pipeline/face/batches.ts";
import type { Face } from "../../../pipeline/face/faces.ts";
import { buildNetwork } from "../../../pipeline/network/network.ts";
import { PRESETS, type TrainOverrides } from "../../../pipeline/network/presets.ts";
import { ResidentImages } from "../../../pipeline/network/resident_images.ts";
import { keepImages } from "../../../pipeline/train/faces/keep_images.ts";
import { Learner } from "../../../pipeline/compute/learner.ts";
import { restoreState, stateOf } from "../../../pipeline/train/checkpoints/learner_state.ts";
import { countCalls } from "../../comparing/gpu_calls.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { sampleBatches, smallConfig } from "../../contexts/train_context.ts";

/** Registers a test on the device, of the small network with some settings changed. */
function deviceTest(
  name: string,
  overrides: TrainOverrides,
  fn: (learner: Learner, batches: readonly Batch[]) => Promise<void>,
): void {
  Deno.test({ name, ignore: !hasGpu, fn: () => withLearner(overrides, fn) });
}

async function withLearner<T>(
  overrides: TrainOverrides,
  use: (learner: Learner, batches: readonly Batch[]) => Promise<T>,
): Promise<T> {
  const config = smallConfig(overrides);
  const batches = await sampleBatches(config, 4);
  // The last one of an epoch is smaller.
  const last = await sampleBatches({ ...config, batch: 2, seed: 5 }, 1);
  using backend = await openBackend("webgpu");
  const gpu = backend.gpu!;
  const network = buildNetwork(config.network, config.seed);
  const tensors = tf.memory().numTensors;
  const buffers = gpu.liveBuffers;
  const learner = new Learner(backend, network, config);
  const result = await use(learner, [...batches, ...last, ...batches]);
  learner[Symbol.dispose]();
  gpu.check();
  assert.equal(tf.memory().numTensors, tensors, "tensors were left");
  assert.equal(gpu.liveBuffers, buffers, "buffers were left");
  network.dispose();
  return result;
}

/** All numbers that training leaves: losses of each batch, weights and what the optimiser keeps. */
async function train(
  learner: Learner,
  batches: readonly Batch[],
  before: () => unknown = () => {},
  accumulate = 1,
): Promise<Uint8Array[]> {
  const losses: Float32Array[] = [];
  for (const [index, batch] of batches.entries()) {
    before();
    const values = learner.gather(batch);
    if ((index + 1) % accumulate === 0) {
      // A schedule, as an epoch has it.
      learner.optimizer.learningRate = 0.01 / (1 + index);
      learner.update();
    }
    losses.push(await values.data<"float32">());
    values.dispose();
  }
  const state = await stateOf(learner);
  return [...losses, ...state.map(({ data }) => data)].map((numbers) =>
    new Uint8Array(Float32Array.from(numbers).buffer)
  );
}

const WAYS: Record<string, TrainOverrides & { readonly accumulate?: number }> = {
  "gradient descent": {},
  "AdamW with clipping": { optimizer: "adamw", clip: 0.5 },
  "three batches a step": { accumulate: 3, optimizer: "adamw" },
  "some attributes, smoothed": {
    attributes: ["Smiling", "Wearing_Hat"],
    labelSmoothing: 0.1,
    classBalance: true,
    maskTarget: "region",
  },
  "a residual network": {
    network: {
      ...PRESETS.residual.network,
      input: { height: 54, width: 44 },
      widths: [4, 8, 8],
    },
  },
  "a mask head with context": {
    network: {
      ...PRESETS.residual.network,
      input: { height: 54, width: 44 },
      widths: [4, 8, 8],
      maskHead: "context",
    },
    maskLoss: "bce+dice",
    maskTarget: "region",
    optimizer: "adamw",
  },
};

for (const [name, { accumulate = 1, ...settings }] of Object.entries(WAYS)) {
  Deno.test({
    name: `a step that is played has the bits of one through tfjs's layers: ${name}`,
    ignore: !hasGpu,
    fn: async () => {
      const played = await withLearner(
        settings,
        (learner, batches) => train(learner, batches, () => {}, accumulate),
      );
      const direct = await withLearner(settings, (learner, batches) => {
        let batch = 0;
        // Gradients that wait for more batches keep their record.
        const forget = () => batch++ % accumulate === 0 && learner.onDevice!.forget();
        return train(learner, batches, forget, accumulate);
      });
      played.forEach((bytes, i) => assert.deepEqual(bytes, direct[i], `array ${i}`));
      assert.equal(played.length, direct.length);
    },
  });
}

Deno.test({
  name: "a step from images that stay on the device has the same bits",
  ignore: !hasGpu,
  fn: async () => {
    const uploaded = await withLearner({}, train);
    const resident = await withLearner({}, async (learner, batches) => {
      // Those of one batch are missing, which is uploaded then.
      const kept = batches.slice(0, 3).flatMap(({ faces }) => faces);
      const { gpu } = learner.onDevice!.host;
      const records = kept.map(({ record }) => record);
      const { input } = batches[0]!;
      const pixelsOf = (place: number) => kept[place]!.pixels;
      const resident = await ResidentImages.upload(gpu, records, input, pixelsOf);
      learner.onDevice!.useResident(resident);
      return await train(learner, batches);
    });
    assert.deepEqual(resident, uploaded);
  },
});

/** Calls of WebGPU in steps of one batch size, of which two were taken before. */
async function countSteady(learner: Learner, batches: readonly Batch[]) {
  const steady = batches.filter(({ faces }) => faces.length === 6);
  for (const batch of steady.slice(0, 2)) learner.step(batch).dispose();
  const counts = await countCalls(() => {
    for (const batch of steady) learner.step(batch).dispose();
    return Promise.resolve();
  });
  return { steps: steady.length, ...counts };
}

deviceTest(
  "a steady step makes no buffer and no bind group, maps nothing, and submits once",
  { optimizer: "sgd" },
  async (learner, batches) => {
    const { steps, submit, writeBuffer, ...made } = await countSteady(learner, batches);
    assert.deepEqual(made, { createBuffer: 0, createBindGroup: 0, getMappedRange: 0 });
    assert.equal(submit, steps);
    assert.equal(writeBuffer, 2 * steps, "images, and what is wanted of them");
  },
);

deviceTest(
  "a steady step of AdamW writes its factors too, and submits twice",
  { optimizer: "adamw", clip: 1 },
  async (learner, batches) => {
    const { steps, submit, writeBuffer, ...made } = await countSteady(learner, batches);
    assert.deepEqual(made, { createBuffer: 0, createBindGroup: 0, getMappedRange: 0 });
    assert.equal(submit, 2 * steps);
    assert.equal(writeBuffer, 3 * steps);
  },
);

Deno.test({
  name: "countCalls() counts",
  ignore: !hasGpu,
  fn: async () => {
    using backend = await openBackend("webgpu");
    const { gpu } = backend;
    const { createBuffer, submit, getMappedRange } = await countCalls(async () => {
      const buffer = gpu!.createBuffer(4);
      await gpu!.read(buffer);
      gpu!.destroy(buffer);
    });
    assert.deepEqual({ createBuffer, submit, getMappedRange }, {
      createBuffer: 2,
      submit: 1,
      getMappedRange: 1,
    });
  },
});

deviceTest(
  "weights and state that are set between steps are those of the next one",
  { optimizer: "adamw" },
  async (learner, batches) => {
    const few = batches.slice(0, 3);
    for (const batch of few) learner.step(batch).dispose();
    const saved = (await stateOf(learner)).map((tensor) => ({
      ...tensor,
      data: Float32Array.from(tensor.data),
    }));
    const first = await train(learner, few);
    restoreState(learner, saved, 3);
    assert.deepEqual(await train(learner, few), first);
  },
);

deviceTest(
  "keepImages() keeps the images on a card where they fit, and says so or why not",
  {},
  async (learner, batches) => {
    const faces = batches.slice(0, 2).flatMap((batch) => batch.faces);
    const { input } = batches[0]!;
    const { gpu } = learner.onDevice!.host;
    const lines: string[] = [];
    const hear = (line: string) => void lines.push(line);
    const keep = (faces: readonly Face[], most: number) =>
      keepImages(learner, faces, { input, pixelsOf: null }, most, hear);
    const { isFallback } = gpu;
    Object.assign(gpu, { isFallback: true });
    await keep(faces, 2048);
    assert.deepEqual(lines, [], "a software adapter has no memory of its own");
    Object.assign(gpu, { isFallback: false });
    await keep(faces, 0);
    assert.deepEqual(lines, []);
    await keep([...faces, { ...faces[0]!, pixels: null }], 2048);
    const many = Array.from({ length: 300 }, () => faces[0]!);
    await keep(many, 2);
    const pixelsOf = ({ record }: Face) =>
      record === faces[3]!.record
        ? Promise.reject(new Error("it is gone"))
        : Promise.resolve(faces.find((face) => face.record === record)!.pixels!);
    const bare = faces.map((face) => ({ ...face, pixels: null }));
    const fetched = await keepImages(learner, bare, { input, pixelsOf }, 1, hear);
    assert.deepEqual(bare.filter(({ record }) => fetched!.placeOf(record) === undefined).length, 1);
    await keep(faces, 1);
    Object.assign(gpu, { isFallback });
    assert.deepEqual(lines, [
      "The training images go to the device batch by batch: not all are in memory",
      "The training images go to the device batch by batch: they take 3 MiB, and 2 are allowed",
      "The training images stay on the device: 12 of them, 1 MiB",
      "The training images stay on the device: 12 of them, 1 MiB",
    ]);
    // The first step brings the weights to the device.
    learner.step(batches[0]!).dispose();
    const bytes = countBytes(() => learner.step(batches[0]!).dispose());
    const pixels = 6 * 54 * 44 * 3;
    assert(bytes < pixels, `a step writes ${bytes} bytes, without ${pixels} of images`);
  },
);

/** Bytes that are written to the device. */
function countBytes(work: () => void): number {
  const { writeBuffer } = GPUQueue.prototype;
  let bytes = 0;
  GPUQueue.prototype.writeBuffer = function (...args: Parameters<typeof writeBuffer>) {
    bytes += args[2].byteLength;
    return writeBuffer.apply(this, args);
  };
  try {
    work();
  } finally {
    GPUQueue.prototype.writeBuffer = writeBuffer;
  }
  return bytes;
}
