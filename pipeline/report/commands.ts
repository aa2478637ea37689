/** Commands that repeat a run, go on with it, and measure it. */

import { shellWord } from "../files/shell_word.ts";
import { PROGRAM_NAME } from "../files/standalone.ts";

/** A run as its configuration tells of it. */
interface ConfiguredRun {
  /** Its folder. */
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where its data came from. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** The options of `train` that say what no settings are, with the names that a configuration uses. */
const OPTIONS: readonly (readonly [option: string, key: string, fallback?: string])[] = [
  ["--dataset", "dataset", "DIR"],
  ["--landmarks", "landmarks", "FILE"],
  ["--labels", "labels"],
  ["--damaged", "damaged"],
  ["--backend", "backend"],
];

/** The parts of a command that trains as a run was trained; `where` says in which folder. */
export function trainCommand(run: ConfiguredRun, ...where: string[]): string[] {
  const options = OPTIONS.flatMap((option) => optionOf(run, ...option));
  const config = `--config ${shellWord(run.path)}/config.json`;
  return [`${PROGRAM_NAME} train`, ...options, config, ...where];
}

/** The command that goes on with a run. */
export function resumeCommand(run: ConfiguredRun): string {
  return trainCommand(run, `--out ${shellWord(run.path)}`, "--resume").join(" ");
}

/** The command that measures a run on a split, by default on the test split. */
export function evaluateCommand(run: ConfiguredRun, split?: string): string {
  const dataset = optionOf(run, "--dataset", "dataset", "DIR");
  const part = split === undefined ? [] : [`--split ${shellWord(split)}`];
  const words = [`${PROGRAM_NAME} evaluate --run ${shellWord(run.path)}`, ...dataset, ...part];
  return words.join(" ");
}

function optionOf(
  { config, data }: ConfiguredRun,
  option: string,
  key: string,
  fallback?: string,
): string[] {
  const value = data[key] ?? config[key];
  if (typeof value === "string" || typeof value === "number") {
    return [`${option} ${shellWord(String(value))}`];
  }
  return fallback === undefined ? [] : [`${option} ${fallback}`];
}
