/**
 * What `train` and `pipeline` do alike: a run from records, told to the user epoch by epoch.
 *
 * @module
 */

import type { Backend } from "../backend.ts";
import type { FaceRecord } from "../record.ts";
import type { TrainResult } from "../train.ts";
import type { EpochLine } from "../train/log.ts";
import { type Context, defaulted, flag, optional, type Values } from "./command.ts";
import { given } from "./given.ts";
import { choice, integer, number } from "./kinds.ts";

/** Options that decide how a network is trained. */
export const TRAINING = {
  preset: defaulted(choice("lite", "paper"), "lite", "network: narrow and small, or the paper's"),
  epochs: optional(integer(1), "passes over the training split"),
  batch: optional(integer(1), "images a step"),
  lr: optional(number({ positive: true }), "learning rate of the first epoch"),
  segmentationWeight: optional(number({ positive: false }), "weight of the mask loss"),
  f16: flag("round factors to half precision; for hardware adapters with shader-f16"),
  resume: flag("go on after the last epoch that was finished"),
  force: flag("replace the run if its folder exists"),
};

/** A training run as the command line asks for it. */
export interface TrainingJob {
  /** Faces of the data set, with landmarks. */
  readonly records: AsyncIterable<FaceRecord>;
  readonly out: string;
  readonly backend: Backend;
  /** Values of {@linkcode TRAINING}, and the common seed. */
  readonly values: Values<typeof TRAINING> & { readonly seed: number | undefined };
  /** Where the data came from, for `config.json`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Trains, shows progress and each epoch's losses, and says which faces are left out. */
export async function runTraining(job: TrainingJob, context: Context): Promise<TrainResult> {
  const { train } = await import("../train.ts");
  const { trainConfig } = await import("../presets.ts");
  const { useHalfPrecision } = await import("../backend.ts");
  const { terminal, signal } = context;
  const { preset, epochs, batch, lr, segmentationWeight, seed } = job.values;
  if (job.values.f16) useHalfPrecision(job.backend);
  const start = await startOf(job);
  const config = trainConfig(
    preset,
    given({ epochs, batch, learningRate: lr, segmentationWeight, seed }),
  );
  const left = terminal.lister("faces are left out of the training");
  const result = await train({
    ...job,
    ...start,
    config,
    signal,
    log: (line) => terminal.note(line),
    onProgress: terminal.progress("train", "images"),
    onEpoch: (line) => terminal.note(epochText(line, config.epochs)),
    onReject: (record, reason) => left.add(`${record.image}: ${reason}`),
  });
  terminal.finish();
  left.end();
  return result;
}

/** A run that was interrupted in its first epoch has no checkpoint to go on from: it starts anew. */
async function startOf(
  { out, values: { resume, force } }: TrainingJob,
): Promise<{ resume: boolean; force: boolean }> {
  const { exists } = await import("../files.ts");
  const isEarly = resume && await exists(out, "config.json") && !await exists(out, "checkpoints");
  return isEarly ? { resume: false, force: true } : { resume, force };
}

/** An epoch in one line: `epoch 3 of 10: loss 0.5210, validation 0.5432, balanced accuracy 71.2 %`. */
export function epochText({ epoch, train, validation }: EpochLine, epochs: number): string {
  const parts = [`loss ${train.loss.toFixed(4)}`];
  if (validation) {
    parts.push(`validation ${validation.loss.toFixed(4)}`);
    if (validation.balancedAccuracy !== null) {
      parts.push(`balanced accuracy ${(validation.balancedAccuracy * 100).toFixed(1)} %`);
    }
  }
  return `epoch ${epoch + 1} of ${epochs}: ${parts.join(", ")}`;
}
