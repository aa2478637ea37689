/** How far a run is. */

import { join } from "node:path";
import { isClaimed } from "../../files/claim.ts";
import { exists } from "../../files/write_file.ts";
import type { EpochEntry } from "../../report/training_log.ts";
import { readRunConfig, RUN_LOCK, type RunConfig } from "../../train/files/run_folder.ts";
import type { RunState } from "../wire.ts";
import { LogTail } from "./log_tail.ts";

/** A run that is watched. */
export class WatchedRun {
  readonly name: string;
  readonly folder: string;
  readonly #log: LogTail;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    this.#log = new LogTail(join(folder, "log.ndjson"));
  }

  /** Whether a process works in its folder. */
  isHeld(): Promise<boolean> {
    return isClaimed(join(this.folder, RUN_LOCK));
  }

  /** What its log says of its epochs so far. */
  async epochs(): Promise<EpochEntry[]> {
    await this.#log.read();
    return this.#log.epochs;
  }

  /** @throws {Error} If the run's files cannot be read; in a sentence for the user. */
  async state(): Promise<RunState> {
    const config = await readRunConfig(this.folder);
    await this.#log.read();
    const { epochs, stepsSinceEpoch } = this.#log;
    const isDone = epochs.length >= config.epochs || isSpent(epochs, config.patience);
    const trains = !isDone && await this.isHeld();
    const { preset, data } = config;
    return {
      ...{ name: this.name, preset, fault: null },
      dataset: typeof data?.dataset === "string" ? data.dataset : null,
      state: isDone ? "finished" : trains ? "trains" : "stopped",
      ...{ epochs: epochs.length, ofEpochs: config.epochs },
      bestEpoch: bestOf(epochs)?.epoch ?? null,
      last: epochs.at(-1) ?? null,
      secondsLeft: trains ? secondsLeft(epochs, stepsSinceEpoch, config) : null,
      hasReport: await exists(this.folder, "metrics.json"),
    };
  }
}

function lossOf({ validation }: EpochEntry): number {
  return validation?.attributeLoss ?? Infinity;
}

function bestOf(epochs: readonly EpochEntry[]): EpochEntry | undefined {
  return epochs.filter((epoch) => lossOf(epoch) < Infinity)
    .sort((a, b) => lossOf(a) - lossOf(b))[0];
}

/** Whether validation has not improved for as long as is waited. */
function isSpent(epochs: readonly EpochEntry[], patience: number): boolean {
  const best = bestOf(epochs);
  if (patience === 0 || !best) return false;
  const later = epochs.filter(({ epoch, validation }) => epoch > best.epoch && validation);
  return later.length >= patience;
}

/** By the median of the epochs, without their validation; null before the first one. */
function secondsLeft(
  epochs: readonly EpochEntry[],
  steps: number,
  { epochs: all, batch, accumulate, data }: RunConfig,
): number | null {
  const times = epochs.flatMap(({ seconds }) => seconds ?? []).sort((a, b) => a - b);
  const median = times[times.length >> 1];
  if (median === undefined) return null;
  const faces = typeof data?.train === "number" ? data.train : 0;
  const perEpoch = Math.max(1, Math.ceil(Math.ceil(faces / batch) / accumulate));
  return median * (all - epochs.length - Math.min(1, steps / perEpoch));
}
