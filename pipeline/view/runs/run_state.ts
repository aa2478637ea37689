/** How far a run is. */

import { join } from "node:path";
import { isClaimed } from "../../files/claim.ts";
import { exists } from "../../files/write_file.ts";
import type { EpochEntry } from "../../report/training_log.ts";
import { CheckpointFolder } from "../../train/checkpoints/checkpoint_folder.ts";
import { readRunConfig, RUN_LOCK, type RunConfig } from "../../train/files/run_folder.ts";
import { afterValidation, FRESH, isSpent, stepsPerEpoch } from "../../train/schedule.ts";
import type { RunDetail, RunLog, RunState } from "../wire.ts";
import { LogTail } from "./log_tail.ts";
import { Pace } from "./pace.ts";
import { changedSettings, factsOf, nextOf } from "./run_settings.ts";

/** A run that is watched. */
export class WatchedRun {
  readonly name: string;
  readonly folder: string;
  readonly #log: LogTail;
  readonly #pace = new Pace();

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    this.#log = new LogTail(join(folder, "log.ndjson"));
  }

  /** Whether a process works in its folder. */
  isHeld(): Promise<boolean> {
    return isClaimed(join(this.folder, RUN_LOCK));
  }

  /** What its log says so far. */
  async log(): Promise<RunLog> {
    const config = await readRunConfig(this.folder);
    await this.#log.read();
    const { epochs, steps } = this.#log;
    return { epochs, steps: steps.curve(this.#stepsPerEpoch(config)) };
  }

  /** @throws {Error} If the run's files cannot be read; in a sentence for the user. */
  async state(): Promise<RunState> {
    return await this.#state(await readRunConfig(this.folder));
  }

  /** @throws {Error} As of {@linkcode state}. */
  async detail(): Promise<RunDetail> {
    const config = await readRunConfig(this.folder);
    const checkpoints = await new CheckpointFolder(this.folder).epochs();
    const state = await this.#state(config);
    return {
      ...{ ...state, next: nextOf(state, this.folder, config) },
      ...{ folder: this.folder, facts: factsOf(config), changed: changedSettings(config) },
      keptEpochs: [...checkpoints.keys()].sort((a, b) => a - b),
    };
  }

  async #state(config: RunConfig): Promise<RunState> {
    await this.#log.read();
    const { epochs, steps } = this.#log;
    const { best, isOver } = courseOf(epochs, config);
    const trains = !isOver && await this.isHeld();
    const ofSteps = config.epochs * this.#stepsPerEpoch(config);
    const pace = this.#pace.after(epochs.length, steps.count, performance.now());
    return {
      ...{ name: this.name, preset: config.preset, fault: null },
      dataset: typeof config.data?.dataset === "string" ? config.data.dataset : null,
      state: isOver ? "finished" : trains ? "trains" : "stopped",
      ...{ epochs: epochs.length, ofEpochs: config.epochs, steps: steps.count, ofSteps },
      ...{ bestEpoch: best?.epoch ?? null, last: epochs.at(-1) ?? null },
      imagesPerSecond: epochs.at(-1)?.imagesPerSecond ??
        (pace && pace * config.batch * config.accumulate),
      secondsLeft: trains ? this.#secondsLeft(ofSteps, config, pace) : null,
      hasReport: await exists(this.folder, "metrics.json"),
    };
  }

  /** By what the first epoch took, or else as training counts them. */
  #stepsPerEpoch(config: RunConfig): number {
    const faces = typeof config.data?.train === "number" ? config.data.train : 0;
    return this.#log.steps.beginOf(1) ?? Math.max(1, stepsPerEpoch(faces, config));
  }

  /** By the median of the epochs, without their validation, or else by the pace. */
  #secondsLeft(ofSteps: number, config: RunConfig, pace: number | null): number | null {
    const left = Math.max(0, ofSteps - this.#log.steps.count);
    const times = this.#log.epochs.flatMap(({ seconds }) => seconds ?? []).sort((a, b) => a - b);
    const median = times[times.length >> 1];
    if (median !== undefined) return left * median / this.#stepsPerEpoch(config);
    return pace && left / pace;
  }
}

/** The best epoch, and whether no other one will come. */
function courseOf(
  epochs: readonly EpochEntry[],
  config: RunConfig,
): { readonly best: { readonly epoch: number } | null; readonly isOver: boolean } {
  let best: { readonly epoch: number; readonly loss: number } | null = null;
  let patience = FRESH;
  for (const { epoch, train, validation } of epochs) {
    const measured = validation ?? (config.data?.validation === 0 ? train : null);
    const loss = measured?.attributeLoss;
    if (typeof loss !== "number") continue;
    const isBest = best === null || loss < best.loss;
    if (isBest) best = { epoch, loss };
    patience = afterValidation(patience, isBest, config.decayEvery);
  }
  return { best, isOver: epochs.length >= config.epochs || isSpent(patience, config) };
}
