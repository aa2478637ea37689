import assert from "node:assert/strict";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { type Backend, type BackendName, openBackend } from "../pipeline/backend.ts";
import { PRESETS } from "../pipeline/presets.ts";
import { train } from "../pipeline/train.ts";
import type { StepLine } from "../pipeline/train/log.ts";
import { hasGpu } from "./gpu_test_context.ts";
import { smallConfig, someFaces } from "./train_context.ts";

const BATCH = 4;
const STEPS_PER_EPOCH = 25;
/** The first fifty steps make all buffers, compile all kernels and have the engine optimise. */
const WARM_EPOCHS = 2;
/**
 * What the process may grow by in the steps after those, without garbage. Measured: 4 MiB on wasm, 14
 * MiB on a software adapter, whose memory is the process's own.
 */
const SLACK_MIB = 32;

/** What is held at the end of an epoch. */
interface Held {
  /** Tensors, their bytes, and buffers on the device. */
  readonly counts: Readonly<Record<string, number>>;
  /** MiB of the whole process, without garbage. */
  readonly resident: number;
}

function held({ gpu }: Backend): Held {
  const { numTensors, numBytes, numDataBuffers, numBytesInGPU } = tf.memory() as
    & tf.MemoryInfo
    & { readonly numBytesInGPU?: number };
  const counts = { numTensors, numBytes, numDataBuffers };
  collectGarbage();
  return {
    counts: gpu ? { ...counts, numBytesInGPU, liveBuffers: gpu.liveBuffers } : counts,
    resident: Deno.memoryUsage().rss / 2 ** 20,
  } as Held;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Trains on the sample at a constant rate of 0.01; the losses of all steps, and what epochs held. */
async function trainLong(
  name: BackendName,
  epochs: number,
): Promise<{ losses: number[]; memory: Held[] }> {
  const folder = await Deno.makeTempDir({ prefix: "train-" });
  const memory: Held[] = [];
  try {
    using backend = await openBackend(name);
    const run = join(folder, "run");
    await train({
      records: someFaces(BATCH * STEPS_PER_EPOCH),
      config: smallConfig({
        network: {
          ...PRESETS.lite.network,
          input: { height: 40, width: 36 },
          widths: [4, 8, 8, 12, 12],
        },
        epochs,
        batch: BATCH,
        learningRate: 0.01,
        learningRateDecay: 1,
      }),
      backend,
      out: run,
      onEpoch: () => memory.push(held(backend)),
    });
    const lines = (await Deno.readTextFile(join(run, "log.ndjson"))).trim().split("\n");
    const steps = lines.map((line): StepLine => JSON.parse(line)).filter(isStep);
    return { losses: steps.map(({ loss }) => loss), memory };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function isStep({ type }: StepLine): boolean {
  return type === "step";
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

for (const [name, epochs] of [["wasm", 20], ["webgpu", 14]] as const) {
  Deno.test({
    name: `train() stays finite, learns and holds its memory for ${25 * epochs} steps on ${name}`,
    ignore: name === "webgpu" && !hasGpu,
    fn: async () => {
      const { losses, memory } = await trainLong(name, epochs);
      assert.equal(losses.length, epochs * STEPS_PER_EPOCH);
      assert(losses.every(Number.isFinite));
      const [first, last] = [mean(losses.slice(0, 50)), mean(losses.slice(-50))];
      assert(last < first / 2, `mean losses of 50 steps: first ${first}, last ${last}, seed 64`);
      const [warm, ...later] = memory.slice(WARM_EPOCHS - 1) as [Held, ...Held[]];
      for (const { counts } of later) assert.deepEqual(counts, warm.counts);
      const grown = Math.max(...later.map(({ resident }) => resident)) - warm.resident;
      assert(grown < SLACK_MIB, `the process has grown by ${grown} MiB`);
    },
  });
}
