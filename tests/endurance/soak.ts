/**
 * `deno task endure soak -- WHAT [--count N]`: much work in one process, whose memory must stay flat.
 *
 * - `records`: N records (100,000) through decode → import of landmarks → segments
 * - `pipe`: the same by two commands, `landmarks --out - | segments --landmarks -`, with landmarks placed on
 *   worker threads
 * - `train`: N steps (1,000) of the preset `lite` in batches of 4, on each backend, with validation and
 *   checkpoints after every epoch of 50 steps and on the way
 *
 * @module
 */

import "../../pipeline/cli/environment.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BACKENDS } from "../../pipeline/compute/backend.ts";
import { trainConfig } from "../../pipeline/network/presets.ts";
import { print } from "../bench/measuring.ts";
import { hasGpu } from "../contexts/gpu_test_context.ts";
import { repeatSample } from "./repeated_sample.ts";
import { curveText, faultsOf, type FlatLimits, type Reading } from "./soak/memory_curve.ts";
import { pipeRecords } from "./soak/pipe.ts";
import { passRecords } from "./soak/records.ts";
import { trainLong } from "./soak/training.ts";

/** Readings of a soak. */
const READINGS = 100;

/** Of 100,000 records: 2 MiB of objects, 25 of the process. */
const RECORD_LIMITS: FlatLimits = { heldGrowth: 20, residentGrowth: 256, slack: 128 * 2 ** 20 };

/** Nobody collects the garbage of these processes but they themselves. */
const PIPE_LIMITS: FlatLimits = { ...RECORD_LIMITS, slack: 256 * 2 ** 20 };

const STEPS_PER_EPOCH = 50;
/** Of 1,000 steps: 1 MiB of objects, 8 of the process. */
const TRAIN_LIMITS: FlatLimits = { heldGrowth: 1024, residentGrowth: 8192, slack: 64 * 2 ** 20 };

/** Prints a curve and what is wrong with it; returns whether nothing is. */
function judge(readings: readonly Reading[], limits: FlatLimits): boolean {
  print(curveText(readings));
  const faults = faultsOf(readings, limits);
  for (const fault of faults) print(`NOT FLAT: ${fault}`);
  return faults.length === 0;
}

async function soakRecords(folder: string, count: number): Promise<boolean> {
  const sample = await repeatSample(folder, count);
  let isFlat = true;
  for (const [from, format] of [["csv", "none"], ["pts", "bits"]] as const) {
    const onGpu = format === "bits" && hasGpu;
    const out = join(folder, format);
    const pass = { sample, count, from, format, onGpu, out, readings: READINGS };
    const { readings, seconds, images } = await passRecords(pass);
    const rate = (images / seconds).toFixed(0);
    print(
      `${images} records, landmarks from ${from}, --format ${format}, on ${
        onGpu ? "webgpu" : "the CPU"
      }: ${seconds.toFixed(0)} s, ${rate}/s`,
    );
    if (!judge(readings, RECORD_LIMITS) || images !== count) isFlat = false;
  }
  return isFlat;
}

async function soakPipe(folder: string, count: number): Promise<boolean> {
  const sample = await repeatSample(folder, count);
  const every = Math.ceil(count / READINGS);
  const { records, seconds, codes, readings } = await pipeRecords(
    sample,
    every,
    join(folder, "out"),
  );
  print(
    `${records} records by a pipe: ${seconds.toFixed(0)} s, ${(records / seconds).toFixed(0)}/s`,
  );
  let isFlat = records === count && codes.every((code) => code === 0);
  for (const [command, curve] of Object.entries(readings)) {
    print(command);
    if (!judge(curve, PIPE_LIMITS)) isFlat = false;
  }
  return isFlat;
}

async function soakTraining(_: string, count: number): Promise<boolean> {
  const epochs = Math.ceil(count / STEPS_PER_EPOCH);
  const config = trainConfig("lite", { epochs, batch: 4, keepBest: 2, checkpointMinutes: 0.05 });
  let isFlat = true;
  for (const name of BACKENDS) {
    if (name === "webgpu" && !hasGpu) continue;
    const started = performance.now();
    const { losses, readings } = await trainLong(name, config, STEPS_PER_EPOCH);
    const seconds = (performance.now() - started) / 1000;
    const rate = (losses.length * config.batch / seconds).toFixed(0);
    print(`${losses.length} steps on ${name}: ${seconds.toFixed(0)} s, ${rate} images/s`);
    if (!judge(readings, TRAIN_LIMITS) || !losses.every(Number.isFinite)) isFlat = false;
  }
  return isFlat;
}

const SOAKS: Readonly<
  Record<string, [(folder: string, count: number) => Promise<boolean>, number]>
> = {
  records: [soakRecords, 100_000],
  pipe: [soakPipe, 100_000],
  train: [soakTraining, 1000],
};

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { count: { type: "string" } },
  });
  const [soak, usual] = SOAKS[positionals[0] ?? ""] ?? [];
  const count = Number(values.count ?? usual);
  if (!soak || !(count > 0)) {
    print(`What is to be soaked: ${Object.keys(SOAKS).join(", ")} [--count N]`);
    return 2;
  }
  const folder = await Deno.makeTempDir({ prefix: "soak-" });
  try {
    return await soak(folder, count) ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
