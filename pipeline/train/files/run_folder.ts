/** The folder of a training run, and its configuration. */

import { join } from "node:path";
import { Claim } from "../../files/claim.ts";
import {
  exists,
  FileWriter,
  ignoreMissing,
  UNFINISHED,
  writeJson,
} from "../../files/write_file.ts";
import { readJsonText } from "../../files/json_text.ts";
import { parseMarked, schemaOf } from "../../files/schema.ts";
import { configOf, flatten, type TrainConfig } from "../../network/settings.ts";
import { FACE_LIST } from "../faces/face_list.ts";
import type { Fingerprint } from "../faces/fingerprint.ts";
import { STOP_FILE } from "./stop_file.ts";

/** What `RUN/config.json` holds. */
export interface RunConfig extends TrainConfig {
  /** Height and width of the predicted masks. */
  readonly mask: { readonly height: number; readonly width: number };
  readonly backend: string;
  readonly created: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Where the data came from, for whoever reads the report. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The faces of both splits; absent in runs of older versions. */
  readonly fingerprint?: Fingerprint;
}

/** What to do when the run folder exists. */
interface RunFolderOptions {
  readonly resume?: boolean;
  readonly force?: boolean;
  /** Names of what else goes, before all else, when a run is replaced. */
  readonly others?: readonly string[];
}

/** A run folder that no other process may write meanwhile; dispose it to let it go. */
export class RunFolder implements AsyncDisposable {
  readonly #claim: Claim;

  private constructor(claim: Claim) {
    this.#claim = claim;
  }

  /**
   * Takes the folder of a run that goes on, or makes that of a new one.
   *
   * @throws {Error} If it holds something and neither `resume` nor `force` is given.
   * @throws {Deno.errors.Busy} If another process works in it.
   * @throws {WriteError} If nothing can be written there.
   */
  static async open(run: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    const { resume = false, force = false, others = [] } = options;
    if (resume && !await exists(run, "config.json")) {
      throw new Error(`Cannot resume ${run}: ${NO_CONFIG}`);
    }
    if (!resume && !force && await exists(run) && !await isEmptyFolder(run)) {
      throw new Error(
        `The run folder ${run} already exists: use --resume to go on with it, --force to replace it, ` +
          `or another --out`,
      );
    }
    const claim = await Claim.take(join(run, RUN_LOCK), `the run folder ${run}`);
    try {
      if (!resume) await removeFrom(run, [...others, ...RUN_FILES]);
      return new RunFolder(claim);
    } catch (error) {
      await claim[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#claim[Symbol.asyncDispose]();
  }
}

/**
 * Whether a run has begun that can go on. It has not where the folder is missing, or a process was killed
 * before it had written the configuration.
 *
 * @param beside Names of what else may lie there by then.
 * @throws {Error} If the folder holds other things, and so was never meant for a run.
 */
export async function hasBegun(run: string, beside: readonly string[] = []): Promise<boolean> {
  if (await exists(run, "config.json")) return true;
  const names = await exists(run) ? await namesIn(run) : [];
  // The lock that a killed process leaves tells that the rest is a run that was being replaced.
  const own = [RUN_LOCK, ...names.includes(RUN_LOCK) ? RUN_FILES : [], ...beside];
  if (names.every((name) => own.includes(finishedName(name)))) return false;
  throw new Error(`Cannot resume ${run}: ${NO_CONFIG}`);
}

const NO_CONFIG = "it has no config.json, so no run was started there";

/** Lock file of the process that works in the folder. */
export const RUN_LOCK = "train.lock";

const RUN_FILES = [
  "config.json",
  FACE_LIST,
  "log.ndjson",
  "checkpoints",
  "model",
  "metrics.json",
  "predictions.safetensors",
  "samples.json",
  "extremes.json",
  "occlusion.json",
  "report.html",
  STOP_FILE,
];

/** Removes only what a run writes, so that a mistyped folder loses nothing else. */
async function removeFrom(run: string, names: readonly string[]): Promise<void> {
  const paths = names.map((name) => join(run, name));
  // Somebody who still evaluates the run would write into the new one: that is refused.
  for (const path of paths) {
    if (await exists(path + UNFINISHED)) await (await FileWriter.open(path))[Symbol.asyncDispose]();
  }
  for (const path of paths) await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}

/** Whether there is nothing but what a process leaves that was killed before it had done anything. */
async function isEmptyFolder(path: string): Promise<boolean> {
  const left = [RUN_LOCK, `config.json${UNFINISHED}`];
  return (await namesIn(path)).every((name) => left.includes(name));
}

async function namesIn(path: string): Promise<string[]> {
  const info = await Deno.stat(path);
  if (!info.isDirectory) throw new Error(`The run folder ${path} is a file`);
  return await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
}

function finishedName(name: string): string {
  return name.endsWith(UNFINISHED) ? name.slice(0, -UNFINISHED.length) : name;
}

/** Writes `RUN/config.json`. */
export function writeRunConfig(run: string, config: RunConfig): Promise<void> {
  return writeJson(join(run, "config.json"), { schema: schemaOf("run"), ...config });
}

/**
 * Reads `RUN/config.json`.
 *
 * @throws {Error} If the folder is not a run, or of another version.
 */
export async function readRunConfig(run: string): Promise<RunConfig> {
  const path = join(run, "config.json");
  let text: string;
  try {
    text = await readJsonText(path);
  } catch (cause) {
    throw new Error(`${run} is not a run: ${path} cannot be read`, { cause });
  }
  const { schema: _, ...config } = parseMarked("run", text, path) as unknown as RunConfig & {
    readonly schema: string;
  };
  return { ...config, ...settingsOf(config, path) };
}

/** The settings; those that the version which wrote them did not have are as they would have been. */
function settingsOf(config: RunConfig, path: string): TrainConfig {
  try {
    return configOf(config.preset, flatten(config));
  } catch (cause) {
    throw new SyntaxError(`${path}: ${(cause as Error).message}`, { cause });
  }
}
