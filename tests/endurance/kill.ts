/**
 * `deno task endure kill [-- --count 50 --seed 1]`: kills the whole pipeline (SIGKILL) at random moments,
 * each time resumed to the bits of a run that was left alone.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../pipeline/numbers/random.ts";
import { print } from "../bench/measuring.ts";
import { KilledPipeline, textOf } from "./faults/killed_pipeline.ts";
import { writeSmallConfig, writeSmallDataset } from "./faults/small_dataset.ts";

/** What {@linkcode killPipelines} is to do. */
interface KillJob {
  /** An empty folder to work in. */
  readonly folder: string;
  /** Kills. */
  readonly count: number;
  readonly seed: number;
  /** Images of the data set. */
  readonly faces: number;
  /** Whether the network is the preset's, whose files take longer to write, or a small one. */
  readonly isLarge: boolean;
  /** Hears of each run in a line. */
  readonly log: (line: string) => void;
}

/** A third of the runs is killed twice. */
const TWICE = 3;

/** Kills runs until there have been enough kills. Throws at the first run that ends otherwise. */
export async function killPipelines(job: KillJob): Promise<void> {
  const { folder, count, seed, faces, isLarge, log } = job;
  const [dataset, config, work] = ["faces", "config.json", "work"].map((name) =>
    join(folder, name)
  ) as [string, string, string];
  await writeSmallDataset(dataset, faces);
  await writeSmallConfig(config);
  await Deno.mkdir(work);
  const network = isLarge ? ["--epochs", "2", "--batch", "4"] : ["--config", config];
  const placing = ["--detector", "tiny", "--predictor", "face-api", "--backend", "wasm"];
  const pipeline = new KilledPipeline(work, ["--dataset", dataset, ...placing, ...network]);
  const whole = await pipeline.leaveAlone();
  log(`left alone: ${(whole.milliseconds / 1000).toFixed(1)} s, ${whole.changes} changes of files`);
  const random = new Random(seed);
  for (let kills = 0; kills < count;) {
    const times = kills + 2 <= count && random.integer(TWICE) === 0 ? 2 : 1;
    const done = await pipeline.kill(whole, times, random).catch((cause) => {
      throw new Error(`Seed ${seed}, after ${kills} kills: ${cause.message}`, { cause });
    });
    kills += done.length;
    log(`${kills}: killed ${textOf(done)}; the same in the end`);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: "string", default: "50" },
      seed: { type: "string", default: "1" },
      small: { type: "boolean", default: false },
    },
  });
  const folder = await Deno.makeTempDir({ prefix: "attparsenet-kill-" });
  try {
    const [count, seed] = [Number(values.count), Number(values.seed)];
    const isLarge = !values.small;
    await killPipelines({ folder, count, seed, faces: 24, isLarge, log: print });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args);
