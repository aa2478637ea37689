/** A training run that is read at the end of each epoch: what it holds in memory and in its folder. */

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { type Backend, type BackendName, openBackend } from "../../../pipeline/compute/backend.ts";
import type { TrainConfig } from "../../../pipeline/network/settings.ts";
import { train } from "../../../pipeline/train.ts";
import type { StepLine } from "../../../pipeline/train/files/log.ts";
import { inFolder } from "../../fixtures/face_records.ts";
import { someFaces } from "../../contexts/train_context.ts";
import { MemoryCurve, type Reading } from "./memory_curve.ts";

/** What a run was. */
interface LongRun {
  /** Of every step. */
  readonly losses: readonly number[];
  /**
   * A reading an epoch, at the number of its last step. Among the counts are the files of the run, and
   * the most tensors and buffers that there have been after any step so far: fewer are no fault, since
   * a checkpoint on the way reads losses back early.
   */
  readonly readings: readonly Reading[];
}

/** Trains on the sample, a given number of steps an epoch. */
export async function trainLong(
  name: BackendName,
  config: TrainConfig,
  stepsPerEpoch: number,
): Promise<LongRun> {
  const readings: Reading[] = [];
  let losses: number[] = [];
  await inFolder(async (folder) => {
    using backend = await openBackend(name);
    const run = join(folder, "run");
    const counter = new Counter(backend, run);
    const curve = new MemoryCurve(() => counter.take());
    await train({
      ...{ records: someFaces(config.batch * stepsPerEpoch), config, backend, out: run },
      onProgress: () => counter.look(),
      onEpoch: ({ epoch }) => curve.read((epoch + 1) * stepsPerEpoch),
    });
    readings.push(...curve.readings);
    const lines = (await Deno.readTextFile(join(run, "log.ndjson"))).trim().split("\n");
    losses = lines.map((line): StepLine => JSON.parse(line))
      .filter(({ type }) => type === "step").map(({ loss }) => loss);
  });
  return { losses, readings };
}

/** Counts what must not become more. */
class Counter {
  readonly #backend: Backend;
  readonly #run: string;
  #mostTensors = 0;
  #mostBuffers = 0;

  constructor(backend: Backend, run: string) {
    this.#backend = backend;
    this.#run = run;
  }

  /** After a step. */
  look(): void {
    this.#mostTensors = Math.max(this.#mostTensors, tf.memory().numTensors);
    this.#mostBuffers = Math.max(this.#mostBuffers, this.#backend.gpu?.liveBuffers ?? 0);
  }

  /** After an epoch. */
  take(): Record<string, number> {
    const { numTensors, numBytes, numDataBuffers, numBytesInGPU } = tf.memory() as
      & tf.MemoryInfo
      & { readonly numBytesInGPU?: number };
    const counts = {
      ...{ numTensors, numBytes, numDataBuffers, mostTensors: this.#mostTensors },
      files: filesBelow(this.#run),
    };
    const { gpu } = this.#backend;
    if (!gpu) return counts;
    const { liveBuffers } = gpu;
    return {
      ...counts,
      numBytesInGPU: numBytesInGPU!,
      liveBuffers,
      mostBuffers: this.#mostBuffers,
    };
  }
}

function filesBelow(folder: string): number {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    count += isDirectory ? filesBelow(join(folder, name)) : 1;
  }
  return count;
}
