import assert from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "../../../pipeline/compute/backend.ts";
import { ATTRIBUTES, hasAttribute } from "../../../pipeline/face/attributes.ts";
import type { TrainOverrides } from "../../../pipeline/network/presets.ts";
import type { FaceRecord } from "../../../pipeline/face/record.ts";
import { train, type TrainOptions, type TrainResult } from "../../../pipeline/train.ts";
import { readCheckpoint } from "../../../pipeline/train/checkpoints/checkpoint.ts";
import type { EpochLine, StepLine } from "../../../pipeline/train/files/log.ts";
import { readModel } from "../../../pipeline/train/files/model_folder.ts";
import { hasGpu } from "../../contexts/gpu_test_context.ts";
import { smallConfig, someFaces } from "../../contexts/train_context.ts";

/** What a run left. */
interface Left {
  readonly run: string;
  readonly result: TrainResult;
  readonly steps: readonly StepLine[];
  readonly epochs: readonly EpochLine[];
}

/** Trains with some settings and hands what it left to `check`. */
async function withRun(
  settings: TrainOverrides,
  check: (left: Left) => unknown,
  options: Partial<TrainOptions> = {},
  on: "webgpu" | "wasm" = "wasm",
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "train-" });
  try {
    const run = join(folder, "run");
    using backend = await openBackend(on);
    const given = { records: someFaces(), config: smallConfig(settings), backend, out: run };
    const result = await train({ ...given, ...options });
    const text = await Deno.readTextFile(join(run, "log.ndjson"));
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const of = (type: string) => lines.filter((line) => line.type === type);
    await check({ run, result, steps: of("step"), epochs: of("epoch") });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const validationLosses = (epochs: readonly EpochLine[]) =>
  epochs.map(({ validation }) => validation!.attributeLoss);

Deno.test("train() keeps the checkpoints of the best epochs", async () => {
  await withRun({ epochs: 5, batch: 3, keepBest: 2 }, ({ run, epochs }) => {
    const losses = validationLosses(epochs);
    const best = losses.map((_, epoch) => epoch).sort((a, b) => losses[a]! - losses[b]!).slice(
      0,
      2,
    );
    const names = Array.from(Deno.readDirSync(join(run, "checkpoints")), ({ name }) => name);
    const expected = [...best.map((epoch) => `epoch-${epoch + 1}`), "last", "previous"];
    assert.deepEqual(names.sort(), expected.map((name) => `${name}.safetensors`).sort());
  });
});

Deno.test("train() ends when validation no longer improves, and a resume does not go on", async () => {
  const settings = { epochs: 30, learningRate: 0.5, learningRateDecay: 1, patience: 2 };
  await withRun(settings, async ({ run, result, epochs }) => {
    const losses = validationLosses(epochs);
    const sinceBest = losses.length - 1 - losses.indexOf(Math.min(...losses));
    assert.deepEqual([sinceBest, epochs.length], [2, result.epochs]);
    assert(epochs.length < 30);
    using backend = await openBackend("wasm");
    const config = smallConfig(settings);
    const again = await train({ records: someFaces(), config, backend, out: run, resume: true });
    assert.deepEqual([again.epochs, again.last], [result.epochs, null]);
    assert.equal(again.bestEpoch, result.bestEpoch);
  });
});

Deno.test("train() lowers the rate on a plateau", async () => {
  const settings = { epochs: 8, learningRate: 0.5, learningRateDecay: 0.5, decayEvery: 1 };
  await withRun({ ...settings, schedule: "plateau" }, ({ epochs }) => {
    const losses = validationLosses(epochs);
    let rate = 0.5;
    for (const [epoch, { learningRate }] of epochs.entries()) {
      assert.equal(learningRate, rate, `epoch ${epoch}`);
      if (losses[epoch]! >= Math.min(...losses.slice(0, epoch), Infinity)) rate /= 2;
    }
    assert(rate < 0.5, "there was no plateau");
  });
});

Deno.test("train() validates as often as it is told, and after the last epoch", async () => {
  await withRun({ epochs: 5, validateEvery: 2, learningRate: 0.001 }, ({ epochs, result }) => {
    const isValidated = epochs.map(({ validation }) => validation !== null);
    assert.deepEqual(isValidated, [false, true, false, true, true]);
    assert([1, 3, 4].includes(result.bestEpoch));
  });
});

for (const on of ["wasm", "webgpu"] as const) {
  Deno.test({
    name: `train() takes fewer steps of several batches each, by a wave that rises first, on ${on}`,
    ignore: on === "webgpu" && !hasGpu,
    fn: async () => {
      const settings: TrainOverrides = {
        ...{ epochs: 2, batch: 3, accumulate: 4, learningRate: 0.1, clip: 0.5 },
        schedule: "cosine",
        warmup: { count: 2, unit: "steps" },
      };
      await withRun(
        settings,
        ({ steps, epochs }) => {
          // Six batches of three, three, three, three, three and one: two steps an epoch.
          const wave = [0.05, 0.1, 0.1, 0.05];
          assert.deepEqual(steps.map(({ learningRate }) => +learningRate.toFixed(9)), wave);
          assert.equal(epochs[1]!.learningRate, steps[3]!.learningRate);
          const mean = (12 * steps[2]!.loss + 4 * steps[3]!.loss) / 16;
          assert(Math.abs(epochs[1]!.train.loss - mean) < 1e-6);
          assert(steps[3]!.loss < steps[0]!.loss);
        },
        {},
        on,
      );
    },
  });
}

Deno.test("train() learns and measures some attributes only", async () => {
  const attributes = ["Male", "Smiling"] as const;
  await withRun({ attributes }, async ({ run, steps, epochs }) => {
    await withRun({}, ({ steps: ofAll, epochs: allEpochs }) => {
      assert.notEqual(steps[0]!.attributeLoss, ofAll[0]!.attributeLoss);
      assert.notEqual(epochs[0]!.validation!.accuracy, allEpochs[0]!.validation!.accuracy);
    });
    // Accuracies are counts of 8 faces and two attributes.
    assert.equal(epochs[0]!.validation!.accuracy! * 16 % 1, 0);
    const before = await firstWeights({});
    const model = await readModel(run);
    const bias = model.weights.find(({ originalName }) => originalName === "logits/bias")!.read();
    const learnt = await bias.data();
    model.dispose();
    // Weight decay aside, nothing moves the others' bias.
    learnt.forEach((value, a) => {
      const moved = Math.abs(value - before[a]!) > 1e-3 * Math.abs(before[a]!) + 1e-7;
      assert.equal(
        moved,
        (attributes as readonly string[]).includes(ATTRIBUTES[a]!),
        ATTRIBUTES[a]!,
      );
    });
  });
});

/** The biases of the logits before the first step. */
async function firstWeights(settings: TrainOverrides): Promise<Float32Array> {
  const { buildNetwork } = await import("../../../pipeline/network/network.ts");
  using _ = await openBackend("wasm");
  const { network: sizes, seed } = smallConfig(settings);
  const network = buildNetwork(sizes, seed);
  const bias = network.weights.find(({ originalName }) => originalName === "logits/bias")!.read();
  const numbers = await bias.data<"float32">();
  network.dispose();
  return numbers.slice();
}

Deno.test("train() starts from the weights of another run, and refuses those of another shape", async () => {
  await withRun({ epochs: 1 }, async ({ run: from, epochs: [before] }) => {
    const gentle = { epochs: 1, learningRate: 1e-9, momentum: 0, weightDecay: 0 };
    await withRun({ ...gentle, from }, ({ steps }) => {
      assert(steps[0]!.loss < before!.train.loss, `${steps[0]!.loss} from ${before!.train.loss}`);
    });
    const { network } = smallConfig();
    const refuses = (change: Partial<typeof network>, message: RegExp) =>
      assert.rejects(withRun({ from, network: { ...network, ...change } }, () => {}), message);
    await refuses(
      { widths: [4, 8, 8, 8, 12] },
      /^Error: Cannot start from .*: its conv4\/kernel is \[3,3,8,12\], and this network's is \[3,3,8,8\]$/,
    );
    await refuses({ maskHead: "separate" }, /it has no features\/gamma$/);
    await assert.rejects(withRun({ from: "/nowhere" }, () => {}), /\/nowhere has no model yet/);
  });
});

Deno.test("train() goes on where 5 % of the images are corrupt, and names them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "corrupt-" });
  const rejected: string[] = [];
  async function* records(): AsyncGenerator<FaceRecord> {
    let index = 0;
    for await (const record of someFaces(52)) {
      const isBroken = record.split !== "test" && index++ % 20 === 7;
      const path = isBroken ? join(folder, `${index}.jpg`) : record.path;
      // The first is empty, the others end too early.
      const length = index === 8 ? 0 : 900;
      if (isBroken) await Deno.writeFile(path, (await Deno.readFile(record.path)).slice(0, length));
      yield { ...record, path };
    }
  }
  const onReject = ({ image }: FaceRecord, reason: string) => rejected.push(`${image}: ${reason}`);
  const check = ({ result, epochs }: Left) => {
    assert.equal(result.faces.train + result.faces.validation, 57);
    assert(epochs.every(({ train, validation }) => Number.isFinite(train.loss + validation!.loss)));
  };
  await withRun({ epochs: 1 }, check, { records: records(), onReject });
  assert.equal(rejected.length, 3);
  assert(rejected.every((line) => /^\d+\.jpg: ./.test(line)), rejected.join("\n"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("train() measures n/a, and nothing that is not a number, where a split lacks an attribute", async () => {
  async function* records(): AsyncGenerator<FaceRecord> {
    const young = ATTRIBUTES.indexOf("Young");
    for await (const { labels, ...record } of someFaces()) {
      yield { ...record, labels: labels! - (hasAttribute(labels!, young) ? 2 ** young : 0) };
    }
  }
  const settings = {
    attributes: ["Young"],
    classBalance: true,
    maskBalance: true,
    epochs: 1,
  } as const;
  const check = ({ epochs: [epoch] }: Left) => {
    assert.equal(epoch!.validation!.balancedAccuracy, null);
    assert(Number.isFinite(epoch!.train.loss) && Number.isFinite(epoch!.validation!.loss));
  };
  await withRun(settings, check, { records: records() });
});

Deno.test("train() keeps the last good checkpoint where the weights have become infinite", async () => {
  const folder = await Deno.makeTempDir({ prefix: "train-" });
  const out = join(folder, "run");
  using backend = await openBackend("wasm");
  // One step an epoch: the second one's loss is still fine, and what it does to the weights is not.
  const settings = { epochs: 3, batch: 16, learningRateDecay: 1e45, validateEvery: 3 };
  const given = { records: someFaces(), config: smallConfig(settings), backend, out };
  await assert.rejects(
    train(given),
    /The weights are not finite numbers after step 1 \(.*\); try a smaller learning rate/,
  );
  const { metadata } = await readCheckpoint(join(out, "checkpoints", "last.safetensors"));
  assert.deepEqual([metadata.epoch, metadata.step], [1, 1]);
  await Deno.remove(folder, { recursive: true });
});
