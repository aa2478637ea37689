import assert from "node:assert/strict";
import { join } from "node:path";
import { convolve, type Family, familyOf } from "../../../kernels/convolution.ts";
import type { Gpu } from "../../../kernels/webgpu/gpu.ts";
import { TILES } from "../../../kernels/convolution/tiles.ts";
import { secondsOf } from "../../../kernels/webgpu/timing.ts";
import {
  type Choices,
  familyName,
  tune,
  type TuningJob,
  type TuningOptions,
} from "../../../kernels/tuning/tuning.ts";
import {
  choicesText,
  keptChoices,
  trainingJobs,
  tuneKernels,
} from "../../../pipeline/compute/kernel_choices.ts";
import { PRESETS } from "../../../pipeline/network/presets.ts";
import { conv2dShape } from "../convolution/convolution_context.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { gpuTest } from "../../contexts/gpu_test_context.ts";

const ADAPTER = { vendor: "1", architecture: "", device: "2", description: "an adapter" };

/** A store in memory that counts. */
class Memory {
  choices: Choices;
  writes = 0;

  constructor(choices: Choices = {}) {
    this.choices = choices;
  }

  read(): Promise<Choices> {
    return Promise.resolve(this.choices);
  }

  write(choices: Choices): Promise<void> {
    this.choices = choices;
    this.writes++;
    return Promise.resolve();
  }
}

/** Two that compile fast. */
const TWO: readonly Family[] = [TILES.at(-1)!, "registers"];

/** Each test has a shape of its own: what it makes the device use stays. */
function jobsOf(filters: number): TuningJob[] {
  const shape = conv2dShape([2, 6, 5, 4, filters, 3, 3]);
  return (["conv2d", "conv2dInputGrad", "conv2dFilterGrad"] as const)
    .map((operation) => ({ operation, shape }));
}

function namesUsed(gpu: Gpu, jobs: readonly TuningJob[]): string[] {
  return jobs.map(({ operation, shape }) => familyName(familyOf(gpu, operation, shape)));
}

/** Measures whatever it costs. */
const ALL: TuningOptions = { steps: Infinity, seconds: Infinity, candidates: () => [...TWO] };

gpuTest("tune() measures once, uses the fastest and keeps it", async (gpu) => {
  const store = new Memory();
  const lines: string[] = [];
  const counts: string[] = [];
  const jobs = jobsOf(8);
  const options: TuningOptions = {
    ...ALL,
    log: (line) => lines.push(line),
    onProgress: (done, total) => counts.push(`${done} of ${total}`),
  };
  await tune(gpu, jobs, store, options);
  assert.deepEqual(Object.keys(store.choices).toSorted(), [
    "conv2d 6x5x4 * 3x3x8, batch 2",
    "conv2dFilterGrad 6x5x4 * 3x3x8, batch 2",
    "conv2dInputGrad 6x5x4 * 3x3x8, batch 2",
  ]);
  const named = jobs.map(({ operation }) => store.choices[`${operation} 6x5x4 * 3x3x8, batch 2`]);
  assert.deepEqual(namesUsed(gpu, jobs), named);
  assert.equal(lines[0], "Measuring kernels once for this adapter …");
  assert.match(lines[1]!, /^Measured 3 kernels in [\d.]+ s$/);
  assert.deepEqual([...new Set(counts)], ["0 of 3", "1 of 3", "2 of 3", "3 of 3"]);
  await tune(gpu, jobs, store, options);
  assert.deepEqual([lines.length, store.writes], [2, 1]);
});

gpuTest("tune() takes what is kept, and measures anew what it does not know", async (gpu) => {
  const jobs = jobsOf(12);
  const [slow, fast] = TWO.map(familyName) as [string, string];
  const keys = jobs.map(({ operation }) => `${operation} 6x5x4 * 3x3x12, batch 2`);
  const kept = Object.fromEntries(keys.map((key, index) => [key, index === 1 ? slow : fast]));
  await tune(gpu, jobs, new Memory(kept), ALL);
  assert.deepEqual(namesUsed(gpu, jobs), [fast, slow, fast]);
  const store = new Memory({ ...kept, [keys[0]!]: "a family that is no more" });
  await tune(gpu, jobs, store, ALL);
  assert(TWO.map(familyName).includes(store.choices[keys[0]!]!));
  assert.equal(store.choices[keys[1]!], slow);
});

gpuTest("tune() measures up to eight images, and a dense layer as it is", async (gpu) => {
  const store = new Memory();
  const sizes = [[20, 3, 3, 4, 4, 3, 3], [20, 1, 1, 16, 4, 1, 1]].map(conv2dShape);
  const jobs = sizes.map((shape): TuningJob => ({ operation: "conv2d", shape }));
  await tune(gpu, jobs, store, ALL);
  assert.deepEqual(Object.keys(store.choices).toSorted(), [
    "conv2d 1x1x16 * 1x1x4, batch 20",
    "conv2d 3x3x4 * 3x3x4, batch 8",
  ]);
});

gpuTest("tune() passes over a family that the device refuses", async (gpu) => {
  const jobs = jobsOf(16).slice(0, 1);
  // 4096 invocations are more than any device has in a workgroup.
  const impossible: Family = { ...TILES[0]!, down: 64, across: 64 };
  await tune(gpu, jobs, new Memory(), { ...ALL, candidates: () => [impossible, "registers"] });
  assert.deepEqual(namesUsed(gpu, jobs), ["registers"]);
  const before = familyOf(gpu, "conv2d", jobsOf(20)[0]!.shape);
  const store = new Memory();
  await tune(gpu, jobsOf(20), store, {
    ...ALL,
    candidates: () => [impossible, { ...impossible, half: true }],
  });
  assert.equal(familyOf(gpu, "conv2d", jobsOf(20)[0]!.shape), before, "none: as if not measured");
  assert.equal(store.writes, 0);
});

gpuTest(
  "secondsOf() measures by timestamps, and by the clock where there are none",
  async (gpu) => {
    const shape = conv2dShape([1, 12, 12, 8, 16, 3, 3]);
    const buffers = [4608, 4608, 6400].map((bytes) => gpu.createBuffer(bytes));
    const record = () =>
      convolve(gpu, "conv2d", buffers as [GPUBuffer, GPUBuffer, GPUBuffer], shape, "registers");
    const host = gpu.host;
    const seconds = await secondsOf(gpu, record);
    assert(seconds > 0 && seconds < 60, `${seconds} seconds`);
    assert.equal(gpu.host, host);
    const features = { value: { has: () => false }, configurable: true };
    Object.defineProperty(gpu.device, "features", features);
    try {
      const byClock = await secondsOf(gpu, record);
      assert(byClock > 0 && byClock < 60, `${byClock} seconds`);
    } finally {
      delete (gpu.device as unknown as Record<string, unknown>).features;
    }
    gpu.destroy(...buffers);
  },
);

gpuTest("secondsOf() does not time again what is too slow", async (gpu) => {
  if (!gpu.device.features.has("timestamp-query")) return;
  const shape = conv2dShape([1, 4, 4, 4, 4, 3, 3]);
  const buffers = [64, 144, 16].map((count) => gpu.createBuffer(4 * count));
  let runs = 0;
  const record = () => {
    runs++;
    convolve(gpu, "conv2d", buffers as [GPUBuffer, GPUBuffer, GPUBuffer], shape, "registers");
  };
  await secondsOf(gpu, record, 0);
  assert.equal(runs, 2, "one compiles, one is timed");
  await secondsOf(gpu, record);
  assert.equal(runs, 6);
  gpu.destroy(...buffers);
});

gpuTest("tuneKernels() leaves a software adapter alone", async (gpu) => {
  if (!gpu.isFallback) return;
  const backend = {
    name: "webgpu",
    reason: "",
    threads: null,
    gpu,
    [Symbol.dispose]: () => {},
  } as const;
  const log = (line: string) => assert.fail(line);
  const run = { network: PRESETS.lite.network, batch: 4, log };
  await tuneKernels(backend, run);
  await tuneKernels({ ...backend, gpu: null }, run);
});

Deno.test("trainingJobs() names the convolutions of a step and the dense layer's products", () => {
  const jobs = trainingJobs(PRESETS.paper.network, 8);
  assert.equal(jobs.length, 2 + 5 * 3 + 3);
  assert.deepEqual(jobs[0], {
    operation: "conv2d",
    shape: conv2dShape([8, 218, 178, 3, 75, 7, 7]),
  });
  assert.deepEqual(jobs[3]?.shape, conv2dShape([8, 106, 86, 75, 200, 3, 3]));
  assert.deepEqual(jobs.at(-1), {
    operation: "conv2dInputGrad",
    shape: conv2dShape([8, 1, 1, 291840, 40, 1, 1]),
  });
});

Deno.test("families have names of their own", () => {
  const families = [
    ...TILES,
    ...TILES.map((tile) => ({ ...tile, half: true })),
    "registers" as const,
  ];
  assert.equal(new Set(families.map(familyName)).size, families.length);
});

Deno.test("keptChoices() keeps the choices of each adapter in one file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "cache", "kernels.json");
    const [one, two] = [ADAPTER, { ...ADAPTER, device: "3" }].map((names) =>
      keptChoices(names, path)
    );
    assert.deepEqual(await one!.read(), {});
    await one!.write({ a: "registers" });
    await two!.write({ b: "registers" });
    assert.deepEqual(await one!.read(), { a: "registers" });
    assert.deepEqual(await two!.read(), { b: "registers" });
  }));

Deno.test("keptChoices() takes a damaged or unwritable file for none", () =>
  inFolder(async (folder) => {
    const path = join(folder, "kernels.json");
    const store = keptChoices(ADAPTER, path);
    await store.write({ a: "registers" });
    const whole = await Deno.readTextFile(path);
    const damaged = [
      whole.slice(0, -5),
      "null",
      "[]",
      whole.replace('"registers"', "7"),
      whole.replace(/\{\s+"a": "registers"\s+\}/, '"x"'),
    ];
    for (const text of damaged) {
      await Deno.writeTextFile(path, text);
      assert.deepEqual(await store.read(), {}, text);
    }
    await store.write({ b: "registers" });
    assert.deepEqual(await store.read(), { b: "registers" });
    // A file where the folder should be: nothing can be written or read.
    const nowhere = keptChoices(ADAPTER, join(path, "kernels.json"));
    await nowhere.write({ a: "registers" });
    assert.deepEqual(await nowhere.read(), {});
    const unnamed = keptChoices(ADAPTER, null);
    await unnamed.write({ a: "registers" });
    assert.deepEqual(await unnamed.read(), {});
  }));

Deno.test("choicesText() counts families, the most frequent first", () => {
  const text = choicesText({ a: "registers", b: "64x64, 8x4 each", c: "64x64, 8x4 each" });
  assert.equal(text, "tuned 3 shapes: 2 x 64x64, 8x4 each; 1 x registers");
  assert.equal(choicesText({}), "64x64, 8x4 each; the first training measures its shapes");
});
