import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { trainConfig } from "../../../pipeline/network/presets.ts";
import type { TrainConfig } from "../../../pipeline/network/settings.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { train, type TrainOptions } from "../../../pipeline/train.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import type { EpochLine, StepLine } from "../../../pipeline/train/files/log.ts";
import { assertClose } from "../../comparing/compare.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";

/** Trains in a folder of its own and hands it to `check`. */
async function withRun(
  options: Partial<TrainOptions> & { config?: TrainConfig; on?: "webgpu" | "wasm" },
  check: (run: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "train-" });
  try {
    const run = join(folder, "run");
    await trainIn(run, options);
    await check(run);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function trainIn(
  run: string,
  { on = "wasm", ...options }: Partial<TrainOptions> & { on?: "webgpu" | "wasm" },
): Promise<void> {
  using backend = await openBackend(on);
  const before = tf.memory().numTensors;
  await train({ records: someFaces(), config: smallConfig(), backend, out: run, ...options });
  assert.equal(tf.memory().numTensors, before, "training left tensors behind");
}

async function stepLosses(
  run: string,
  ...names: ("loss" | "attributeLoss" | "maskLoss")[]
): Promise<number[]> {
  const lines = (await Deno.readTextFile(join(run, "log.ndjson"))).trim().split("\n");
  const steps = lines.map((line) => JSON.parse(line)).filter((line) => line.type === "step");
  return steps.flatMap((line: StepLine) => names.map((name) => line[name]));
}

/**
 * Total losses of the first ten steps, recorded on wasm. They change when the sample, its decoded
 * pixels, the network, its initial weights, the order of the data, augmentation, masks, loss or
 * optimiser change: record them anew only on purpose.
 */
const RECORDED = [
  1.73645,
  1.75186,
  1.72877,
  1.67653,
  1.66691,
  1.65873,
  1.61000,
  1.55683,
  1.57997,
  1.52255,
];

Deno.test("train() takes the ten recorded steps", async () => {
  await withRun({ config: smallConfig({ epochs: 4 }) }, async (run) => {
    const losses = (await stepLosses(run, "loss")).slice(0, 10);
    // Other processors add in another order, and rounding grows from step to step.
    assertClose(losses, RECORDED, { relative: 1e-3, what: "recorded losses, seed 64" });
  });
});

Deno.test({
  name: "train() takes the same steps on webgpu and on wasm",
  ignore: !hasGpu,
  fn: async () => {
    await withRun({ on: "wasm" }, async (onWasm) => {
      await withRun({ on: "webgpu" }, async (onGpu) => {
        const losses = (run: string) => stepLosses(run, "attributeLoss", "maskLoss");
        const [expected, actual] = [await losses(onWasm), await losses(onGpu)];
        // Rounding grows from step to step; nine steps stay within a thousandth.
        assertClose(actual, expected, { relative: 1e-3, what: "losses, seed 64" });
      });
    });
  },
});

Deno.test("train() writes config, log, checkpoint and model", async () => {
  await withRun({ data: { dataset: "sample" } }, async (run) => {
    const config = JSON.parse(await Deno.readTextFile(join(run, "config.json")));
    assert.equal(config.schema, "attparsenet/run@1");
    assert.deepEqual(config.mask, { height: 14, width: 9 });
    assert.deepEqual(config.data, { dataset: "sample", train: 16, validation: 8 });
    const names = Array.from(Deno.readDirSync(run), ({ name }) => name).sort();
    assert.deepEqual(names, ["checkpoints", "config.json", "faces.csv", "log.ndjson", "model"]);
    const { metadata } = await readCheckpoint(join(run, "checkpoints", "last.safetensors"));
    assert.equal(metadata.epoch, 3);
    assert.equal(metadata.step, 9);
    const model = JSON.parse(await Deno.readTextFile(join(run, "model", "model.json")));
    assert.equal(model.format, "layers-model");
  });
});

Deno.test("train() takes the same steps when images are decoded anew for each epoch", async () => {
  await withRun({ config: smallConfig({ epochs: 2 }) }, async (kept) => {
    await withRun({ config: smallConfig({ epochs: 2 }), pixelBudget: 20_000 }, async (again) => {
      assert.deepEqual(await stepLosses(again, "loss"), await stepLosses(kept, "loss"));
    });
  });
});

Deno.test("train() resumed after an interruption ends as if it had not been interrupted", async () => {
  await withRun({}, async (whole) => {
    const interruption = new AbortController();
    const folder = await Deno.makeTempDir({ prefix: "train-" });
    const run = join(folder, "run");
    // Stops within the second epoch.
    const onProgress = (done: number) => done > 20 && interruption.abort();
    await assert.rejects(
      trainIn(run, { signal: interruption.signal, onProgress }),
      (error: Error) => error.name === "AbortError",
    );
    await trainIn(run, { resume: true });
    assert.deepEqual(await stepLosses(run, "loss"), await stepLosses(whole, "loss"));
    const tensors = async (path: string) =>
      (await readCheckpoint(join(path, "checkpoints", "last.safetensors"))).tensors;
    const expected = await tensors(whole);
    for (const [index, { name, data }] of (await tensors(run)).entries()) {
      assert.equal(name, expected[index]!.name);
      assertClose(data, expected[index]!.data, { relative: 0, what: `${name} after resuming` });
    }
    await Deno.remove(folder, { recursive: true });
  });
});

Deno.test("train() refuses a folder that exists, and a resume with other settings", async () => {
  const config = smallConfig({ epochs: 1 });
  await withRun({ config }, async (run) => {
    await assert.rejects(trainIn(run, { config }), /already exists: use --resume .* --force/);
    await assert.rejects(
      trainIn(run, { config: smallConfig({ batch: 3 }), resume: true }),
      /it was started with batch 6, not 3/,
    );
    await trainIn(run, { config, force: true });
  });
  const nowhere = join(await Deno.makeTempDir(), "run");
  await assert.rejects(trainIn(nowhere, { resume: true }), /no run was started there/);
});

Deno.test("train() leaves out an image that cannot be read and says why", async () => {
  const rejected: string[] = [];
  const broken = await Deno.makeTempFile({ suffix: ".jpg" });
  await Deno.writeTextFile(broken, "not a picture");
  async function* records(): AsyncGenerator<FaceRecord> {
    let index = 0;
    for await (const record of someFaces()) {
      yield index++ === 0 ? { ...record, path: broken } : record;
    }
  }
  const options = {
    records: records(),
    config: smallConfig({ epochs: 1 }),
    onReject: (record: FaceRecord, reason: string) => rejected.push(`${record.image}: ${reason}`),
  };
  await withRun(options, async (run) => {
    const config = JSON.parse(await Deno.readTextFile(join(run, "config.json")));
    assert.equal(config.data.train + config.data.validation, 23);
  });
  assert.equal(rejected.length, 1);
  await Deno.remove(broken);
});

Deno.test("train() goes on without an image that cannot be read any more", async () => {
  const folder = await Deno.makeTempDir({ prefix: "train-" });
  const lost = join(folder, "lost.jpg");
  let first: FaceRecord | null = null;
  async function* records(): AsyncGenerator<FaceRecord> {
    for await (const record of someFaces()) {
      if (!first) await Deno.copyFile((first = record).path, lost);
      yield first === record ? { ...record, path: lost } : record;
    }
  }
  const rejected: string[] = [];
  const again = { config: smallConfig({ epochs: 2 }), pixelBudget: 0 };
  const losing = {
    records: records(),
    onEpoch: ({ epoch }: EpochLine) => epoch === 0 && Deno.removeSync(lost),
    onReject: (record: FaceRecord, reason: string) => rejected.push(`${record.image}: ${reason}`),
  };
  await withRun(again, async (whole) => {
    await withRun({ ...again, ...losing }, async (run) => {
      const [losses, expected] = [await stepLosses(run, "loss"), await stepLosses(whole, "loss")];
      assert.equal(losses.length, 6);
      assert.deepEqual(losses.slice(0, 3), expected.slice(0, 3), "before it was lost");
      assert.notDeepEqual(losses.slice(3), expected.slice(3), "after it was lost");
    });
  });
  assert.equal(rejected.length, 1);
  assert.match(rejected[0]!, /No such file/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("train() stops at a loss that is not finite and names the step and its images", async () => {
  const config = smallConfig({ learningRate: 1e20 });
  await assert.rejects(
    withRun({ config }, async () => {}),
    /not a finite number at step \d+, .*try a smaller learning rate.*\. Its images: \d+\.jpg/,
  );
});

Deno.test({
  name: "train() names the batch that fits where the adapter cannot bind a step's buffers",
  ignore: !hasGpu,
  fn: async () => {
    const config = trainConfig("paper", { batch: 4000 });
    await assert.rejects(
      withRun({ on: "webgpu", config }, async () => {}),
      /The preset paper with batch 4000 needs buffers of \d+ MiB.*try --batch \d+/,
    );
  },
});

Deno.test("train() says so where there is nothing to train on", async () => {
  async function* none(): AsyncGenerator<FaceRecord> {}
  await assert.rejects(withRun({ records: none() }, async () => {}), /no faces to train on/);
});
