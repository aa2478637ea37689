/** What `train` and `pipeline` do alike: a run from records, told to the user epoch by epoch. */

import type { Backend } from "../../compute/backend.ts";
import { PRESETS } from "../../network/presets.ts";
import type { FaceCount } from "../../face/face_count.ts";
import type { FaceRecord } from "../../face/record.ts";
import {
  flatten,
  type GivenSettings,
  SETTING_NAMES,
  SETTINGS,
  type TrainConfig,
} from "../../network/settings.ts";
import type { PackWish } from "../../pack.ts";
import type { TrainResult } from "../../train.ts";
import type { EpochLine } from "../../train/files/log.ts";
import type { StepTimes } from "../../train/step_times.ts";
import { SWITCH } from "../../network/settings/values.ts";
import { type Context, flag, type Option, optional, type Values } from "../command.ts";
import { tellCounts } from "./face_counts.ts";
import { StopRequest } from "./stop_request.ts";
import { choice, file } from "../kinds.ts";
import { UsageError } from "../failure.ts";
import type { OnProgress } from "../terminal/terminal.ts";
import { shellWord } from "../../files/shell_word.ts";
import { PROGRAM_NAME } from "../../files/standalone.ts";
import { formatPercent } from "../../numbers/text.ts";

type PresetName = keyof typeof PRESETS;

/** Options that decide how a network is trained; those of {@linkcode SETTINGS} are checked there. */
export const TRAINING = {
  preset: optional(
    choice(...Object.keys(PRESETS) as PresetName[]),
    "network and settings to start from: small with residual blocks (residual, the default), the paper's " +
      "layers made small (lite), the paper's",
  ),
  config: optional(file(), "settings from a JSON file, such as a run's config.json; options win"),
  ...settingOptions(),
  printConfig: { ...flag("print the settings as JSON and stop"), waives: true },
  resume: flag("go on with the run where it stopped, or begin it if it has not begun"),
  force: flag("replace the run if its folder exists"),
};

/** The options of the settings that have one. */
function settingOptions(): Record<string, Option<unknown>> {
  const presetNames = new Set(
    Object.values(PRESETS).flatMap((preset) => Object.keys(flatten(preset))),
  );
  const options = SETTING_NAMES.flatMap((name) => {
    const { option, help = "", kind, fallback } = SETTINGS[name];
    if (option === undefined) return [];
    // Named in the help but not set, so that a file can set it. What presets differ in has no default.
    const isShort = typeof fallback === "string" || typeof fallback === "number";
    const text = isShort && !presetNames.has(name) ? `${help} (default: ${fallback})` : help;
    const declared: Option<unknown> = { help: text, kind, required: false, fallback: undefined };
    return [[option, kind === SWITCH ? { ...declared, bare: "on" } : declared] as const];
  });
  return Object.fromEntries(options);
}

/** Values of {@linkcode TRAINING}, and the common seed. */
export type TrainingValues = Values<typeof TRAINING> & { readonly seed: number | undefined };

/** Settings by precedence: command line, file, preset. */
export async function trainingConfig(values: TrainingValues): Promise<TrainConfig> {
  const { DEFAULT_PRESET, presetConfig } = await import("../../network/presets.ts");
  const { readConfigFile } = await import("../../train/files/config_file.ts");
  const { preset, settings } = values.config === undefined
    ? { preset: undefined, settings: {} }
    : await readConfigFile(values.config);
  const given: GivenSettings = { ...settings };
  for (const name of SETTING_NAMES) {
    const value = (values as Record<string, unknown>)[SETTINGS[name].option ?? name];
    if (value !== undefined) given[name] = value;
  }
  return presetConfig(values.preset ?? preset ?? DEFAULT_PRESET, given);
}

export function refuseBoth({ resume, force }: Pick<TrainingValues, "resume" | "force">): void {
  if (resume && force) throw new UsageError("--resume and --force exclude each other");
}

interface TrainingJob {
  readonly records: AsyncIterable<FaceRecord>;
  /** What the stages before made of the faces. */
  readonly counts: readonly FaceCount[];
  readonly out: string;
  readonly backend: Backend;
  readonly config: TrainConfig;
  /** Where decoded images are packed, and how many threads read them. */
  readonly pack?: PackWish;
  readonly workers?: number | undefined;
  readonly resume: boolean;
  readonly force?: boolean;
  /** Whether the run folder has been taken. */
  readonly held?: boolean;
  /** Where the data came from, for `config.json`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether it says what a step takes. */
  readonly verbose: boolean;
  /** Called when the run can be resumed. */
  readonly onStart?: () => void;
}

/** Trains, shows progress and each epoch's losses, and says which faces are left out. */
export async function runTraining(job: TrainingJob, context: Context): Promise<TrainResult> {
  const { train } = await import("../../train.ts");
  const { terminal } = context;
  using request = await StopRequest.watch(job.out, context);
  const { signal } = request;
  const left = terminal.lister("faces are left out of the training");
  const damaged = terminal.lister("images are damaged, and used as far as they go");
  let onTuning: OnProgress | null = null;
  let onProgress = terminal.progress("images", "read");
  const result = await train({
    ...job,
    signal,
    log: (line) => terminal.note(line),
    onGather: (...count) => onProgress(...count),
    onCount: (count) => {
      terminal.finish();
      tellCounts([count], terminal);
    },
    onTuning: (...count) => (onTuning ??= terminal.progress("kernels", "shapes"))(...count),
    onStart(done) {
      // What measuring came to has been said.
      if (onTuning) terminal.abandon();
      terminal.note(`to watch it: ${PROGRAM_NAME} view --run ${shellWord(job.out)}`);
      onProgress = terminal.progress("train", "images", done);
      job.onStart?.();
    },
    onProgress: (...count) => onProgress(...count),
    onEpoch: (line) => terminal.note(epochText(line, job.config.epochs)),
    ...(job.verbose && { onTimes: (times) => terminal.note(timesText(times)) }),
    onReject: (record, reason) => left.add(`${record.image}: ${reason}`),
    onDamaged: ({ image }, damage) => damaged.add(`${image}: used as far as it goes: ${damage}`),
  });
  terminal.finish();
  left.end();
  damaged.end();
  if (result.epochs < job.config.epochs) {
    terminal.note(`stopped after epoch ${result.epochs}: validation no longer improves`);
  }
  return result;
}

/** What a step took: `a step: 0.62 ms on the host, 2.41 ms on the device (medians)`. */
function timesText({ host, device }: StepTimes): string {
  const onDevice = device === null ? "" : `, ${device.toFixed(2)} ms on the device`;
  return `a step: ${host.toFixed(2)} ms on the host${onDevice} (medians)`;
}

/**
 * An epoch in one line: `epoch 3 of 10: loss 0.5210, validation 0.5432, balanced accuracy 71.2 %,
 * localisation 68.0 % (prior 65.1 %)`.
 */
export function epochText({ epoch, train, validation }: EpochLine, epochs: number): string {
  const parts = [`loss ${train.loss.toFixed(4)}`];
  if (validation) {
    parts.push(`validation ${validation.loss.toFixed(4)}`);
    if (validation.balancedAccuracy !== null) {
      parts.push(`balanced accuracy ${formatPercent(validation.balancedAccuracy)}`);
    }
    const { localisationIoU, priorIoU } = validation;
    if (localisationIoU !== null) {
      const prior = priorIoU === null ? "" : ` (prior ${formatPercent(priorIoU)})`;
      parts.push(`localisation ${formatPercent(localisationIoU)}${prior}`);
    }
  }
  return `epoch ${epoch + 1} of ${epochs}: ${parts.join(", ")}`;
}
