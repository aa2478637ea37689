import assert from "node:assert/strict";
import { join } from "node:path";
import { ATTRIBUTES } from "../../../pipeline/face/attributes.ts";
import type { Context } from "../../../pipeline/cli/command.ts";
import { parseArguments } from "../../../pipeline/cli/parse_arguments.ts";
import { PROGRAM } from "../../../pipeline/cli/program.ts";
import {
  TRAINING,
  trainingConfig,
  type TrainingValues,
} from "../../../pipeline/cli/stages/training.ts";
import {
  DEFAULT_PRESET,
  presetConfig,
  PRESETS,
  trainConfig,
} from "../../../pipeline/network/presets.ts";
import {
  changedSetting,
  flatten,
  SETTING_NAMES,
  SETTINGS,
  type TrainConfig,
  withDefaults,
} from "../../../pipeline/network/settings.ts";
import { readRunConfig } from "../../../pipeline/train/files/run_folder.ts";

/** The configuration that a line of options of `train` asks for. */
async function configFrom(...line: string[]): Promise<TrainConfig> {
  const needed = ["--dataset", "d", "--landmarks", "l", "--out", "o"];
  const request = parseArguments(PROGRAM, ["train", ...needed, ...line]);
  assert("command" in request);
  return await trainingConfig(request.values as unknown as TrainingValues);
}

async function withFile(text: string, check: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, text);
    await check(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("trainConfig() takes overrides and refuses what is out of range", () => {
  assert.equal(trainConfig("lite", { epochs: 3 }).epochs, 3);
  const refuses = (overrides: object, message: RegExp) =>
    assert.throws(() => trainConfig("lite", overrides), message);
  refuses({ epochs: 0 }, /^RangeError: epochs 0: expected a whole number of at least 1$/);
  refuses({ batch: 1.5 }, /batch 1\.5: expected a whole number/);
  refuses({ momentum: -1 }, /momentum -1: expected a number of at least 0 and below 1$/);
  refuses({ learningRate: "0.1" }, /learningRate "0\.1": expected a number above 0/);
  refuses({ schedule: "linear" }, /schedule "linear": expected one of constant, step/);
  refuses({ attributes: [] }, /attributes \[\]: expected at least one value/);
  refuses({ attributes: ["Bold"] }, /attributes \["Bold"\]: expected one of 5_o_Clock_Shadow/);
  refuses({ warmup: 5 }, /warmup 5: expected steps or epochs, such as 200 or 1-epoch/);
  refuses({ augmentation: { flip: 1, shift: 0 } }, /flip 1: expected on or off/);
});

Deno.test("trainConfig() keeps every preset's own settings, and gives AdamW its usual rate", () => {
  for (const preset of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
    const config = trainConfig(preset);
    assert.deepEqual({ ...config, ...PRESETS[preset] }, config);
    assert.deepEqual(config.attributes, ATTRIBUTES);
  }
  const { learningRate, weightDecay } = trainConfig("lite", { optimizer: "adamw" });
  assert.deepEqual([learningRate, weightDecay], [0.001, 0.01]);
  const own = { optimizer: "adamw", learningRate: 0.01 } as const;
  assert.equal(trainConfig("lite", own).learningRate, 0.01);
});

Deno.test("every setting has help where it has an option, and a fallback or a place in presets", () => {
  for (const name of SETTING_NAMES) {
    const { option, help } = SETTINGS[name];
    assert.equal(option === undefined, help === undefined, name);
  }
});

Deno.test("options win over the file, and the file over the preset", async () => {
  const file = {
    preset: "residual",
    epochs: 9,
    batch: 7,
    network: { maskHead: "separate" },
    augmentation: { flip: false },
  };
  await withFile(JSON.stringify(file), async (path) => {
    const config = await configFrom(
      "--config",
      path,
      "--batch",
      "5",
      "--seed",
      "3",
      "--shift",
      "1",
    );
    assert.deepEqual(config, {
      ...trainConfig("residual"),
      ...{ epochs: 9, batch: 5, seed: 3 },
      network: { ...PRESETS.residual.network, maskHead: "separate" },
      // Its maps are no logits.
      maskLoss: "mse",
      augmentation: { flip: false, shift: 1 },
    });
    assert.equal((await configFrom("--config", path, "--preset", "lite")).preset, "lite");
    assert.equal((await configFrom("--config", path, "--flip", "on")).augmentation.flip, true);
  });
});

Deno.test("options are read as their settings want", async () => {
  const config = await configFrom(
    ...["--mask-balance", "--class-balance", "off", "--attributes", "Bald,Young"],
    ...["--warmup", "1.5-epochs", "--lr", "0.1", "--lr-decay", "0.5", "--mask-head", "context"],
    ...["--checkpoint-minutes", "0.5", "--optimizer", "adamw", "--from", "runs/other"],
    ...["--mask-loss", "bce+dice"],
  );
  assert.deepEqual([config.maskBalance, config.classBalance], [true, false]);
  assert.equal(config.maskLoss, "bce+dice");
  assert.deepEqual(config.attributes, ["Bald", "Young"]);
  assert.deepEqual(config.warmup, { count: 1.5, unit: "epochs" });
  assert.deepEqual([config.learningRate, config.learningRateDecay], [0.1, 0.5]);
  assert.equal(config.network.maskHead, "context");
  assert.equal(config.from, join(Deno.cwd(), "runs", "other"));
  assert.deepEqual((await configFrom("--warmup", "20")).warmup, { count: 20, unit: "steps" });
  await assert.rejects(configFrom("--warmup", "soon"), /--warmup soon: expected steps or epochs/);
  await assert.rejects(configFrom("--clip", "-1"), /--clip -1: expected a number of at least 0/);
});

Deno.test("a mask head brings the loss that fits it, and no other is taken", () => {
  const loss = (maskHead: "shared" | "separate" | "context", preset: "lite" | "residual") => {
    const network = { ...PRESETS[preset].network, maskHead };
    return trainConfig(preset, { network }).maskLoss;
  };
  assert.deepEqual([loss("context", "lite"), loss("shared", "lite")], ["bce+dice", "mse"]);
  assert.deepEqual([loss("context", "residual"), loss("shared", "residual")], ["bce+dice", "mse"]);
  assert.throws(
    () => trainConfig("lite", { maskLoss: "bce" }),
    new RangeError(
      "maskLoss bce: the maps of the mask head shared are no logits; try the mask head context",
    ),
  );
});

Deno.test("the reference's optimiser brings its own rate where a preset has another one", () => {
  const { learningRate, learningRateDecay } = trainConfig("residual", { optimizer: "sgd" });
  assert.deepEqual([learningRate, learningRateDecay], [0.01, 0.9]);
  assert.equal(trainConfig("residual", { optimizer: "adamw" }).learningRate, 0.003);
  assert.equal(trainConfig("lite", { optimizer: "adamw" }).learningRate, 0.001);
});

Deno.test("a configuration printed and read again is the same", async () => {
  const request = parseArguments(PROGRAM, ["train", "--patience", "4", "--print-config"]);
  assert("command" in request);
  const lines: string[] = [];
  const terminal = { record: (line: string) => lines.push(line) };
  await request.command.run(request.values as never, { terminal } as unknown as Context, []);
  const expected = trainConfig(DEFAULT_PRESET, { patience: 4 });
  assert.deepEqual(JSON.parse(lines.join("\n")), expected);
  await withFile(lines.join("\n"), async (path) => {
    assert.deepEqual(await configFrom("--config", path), expected);
  });
});

Deno.test("a file that is no configuration is refused by name", async () => {
  const refuses = (text: string, message: RegExp) =>
    withFile(text, (path) => assert.rejects(configFrom("--config", path), message));
  await refuses("{", /\.json:1: the file is not valid JSON/);
  await refuses("[]", /a JSON object of settings is expected/);
  await refuses('{"epoch": 3}', /there is no setting epoch$/);
  await refuses('{"network": {"depth": 3}}', /there is no setting network\.depth$/);
  await refuses('{"maskHead": "shared"}', /there is no setting maskHead$/);
  await refuses('{"network": 3}', /network is to be an object/);
  await refuses('{"preset": "huge"}', /preset "huge" is none of paper, lite/);
  await refuses('{"epochs": "3"}', /epochs "3": expected a whole number/);
});

Deno.test("changedSetting() lets pass what does not change the steps of a run", () => {
  const config = trainConfig("lite");
  const changed = (overrides: object, base = config) =>
    changedSetting(base, { ...base, ...overrides } as TrainConfig);
  assert.equal(changed({ epochs: 60, patience: 3, keepBest: 2, checkpointMinutes: 1 }), null);
  assert.equal(changed({ clip: 1 }), "clip");
  assert.equal(changed({ network: { ...config.network, maskHead: "separate" } }), "maskHead");
  const wave = trainConfig("lite", { schedule: "cosine" });
  assert.equal(changed({ epochs: 60 }, wave), "epochs");
});

Deno.test("readRunConfig() completes what older versions wrote", async () => {
  const run = await Deno.makeTempDir();
  const old = {
    schema: "attparsenet/run@1",
    preset: "lite",
    network: { input: { height: 109, width: 89 }, widths: [8, 24, 40, 64, 64] },
    ...{ epochs: 6, batch: 16, learningRate: 0.01, learningRateDecay: 0.9, momentum: 0.9 },
    ...{ weightDecay: 1e-4, segmentationWeight: 1, labelRepair: false, seed: 64 },
    augmentation: { flip: true, shift: 4 },
    ...{ mask: { height: 41, width: 31 }, backend: "wasm", created: "", versions: {}, data: {} },
  };
  await Deno.writeTextFile(join(run, "config.json"), JSON.stringify(old));
  const config = await readRunConfig(run);
  assert.equal(config.backend, "wasm");
  assert.equal(changedSetting(config, trainConfig("lite")), null);
  // So do those who read the file as it is.
  const { network, optimizer, epochs, seed } = withDefaults(old) as unknown as TrainConfig;
  assert.deepEqual(network, trainConfig("lite").network);
  assert.deepEqual({ optimizer, epochs, seed }, { optimizer: "sgd", epochs: 6, seed: 64 });
  await Deno.remove(run, { recursive: true });
});

Deno.test("what the help of `train` calls a default is what every preset has", () => {
  const options = Object.values(TRAINING).map(({ help }) => help);
  const said = options.flatMap((help) => {
    const fallback = /\(default: (.*)\)$/.exec(help)?.[1];
    return fallback === undefined ? [] : [[help, fallback] as const];
  });
  assert(said.length > 5, "no defaults were found");
  for (const preset of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
    const values = flatten(presetConfig(preset, {}));
    for (const [help, fallback] of said) {
      const name = SETTING_NAMES.find((name) => help.startsWith(SETTINGS[name].help ?? "\n"));
      assert(name, help);
      assert.equal(String(values[name]), fallback, `${name} of ${preset}`);
    }
  }
});
