/**
 * The folder of a training run: configuration, log, checkpoints and the trained model.
 *
 * @module
 */

import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { parseJson, readJson, readJsonText } from "../json_text.ts";
import { exists, openExclusive, writeFile, writeJson } from "../files.ts";
import { quotedValue } from "../quoted.ts";
import { configOf, flatten, type TrainConfig } from "../settings.ts";
import { checkModel, type ModelFile } from "./model_file.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Version of `config.json`. */
export const RUN_SCHEMA = "attparsenet/run@1";

/** What `RUN/config.json` holds. */
export interface RunConfig extends TrainConfig {
  readonly schema: typeof RUN_SCHEMA;
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
export interface RunFolderOptions {
  readonly resume?: boolean;
  readonly force?: boolean;
}

/** A run folder that no other process may write meanwhile; dispose it to let it go. */
export class RunFolder implements AsyncDisposable {
  readonly #lock: Deno.FsFile;
  readonly #path: string;

  private constructor(lock: Deno.FsFile, path: string) {
    this.#lock = lock;
    this.#path = path;
  }

  /**
   * Takes the folder of a run that goes on, or makes that of a new one.
   *
   * @throws {Error} If it holds something and neither `resume` nor `force` is given, if nothing can be
   * written there, or another process trains in it.
   */
  static async open(run: string, options: RunFolderOptions = {}): Promise<RunFolder> {
    const { resume = false, force = false } = options;
    if (resume && !await exists(run, "config.json")) {
      throw new Error(`Cannot resume ${run}: it has no config.json, so no run was started there`);
    }
    if (!resume && !force && await exists(run) && !await isEmptyFolder(run)) {
      throw new Error(
        `The run folder ${run} already exists: use --resume to go on with it, --force to replace it, ` +
          `or another --out`,
      );
    }
    const path = join(run, LOCK);
    const lock = await openExclusive(path).catch((cause) => {
      throw new Error(`Cannot write to the run folder ${run}: ${cause.message}`, { cause });
    });
    if (!lock) {
      throw new Deno.errors.Busy(`Cannot train in ${run}: another process does (holds ${path})`);
    }
    const folder = new RunFolder(lock, path);
    // Only what a run writes is removed, so that a mistyped folder loses nothing else.
    for (const name of resume ? [] : RUN_FILES) {
      await Deno.remove(join(run, name), { recursive: true }).catch(ignoreMissing);
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Removed while it is held, so that nobody else's is.
    await Deno.remove(this.#path).catch(ignoreMissing);
    this.#lock.close();
  }
}

/** The name of the file that is locked. */
const LOCK = "train.lock";

const RUN_FILES = [
  "config.json",
  "log.ndjson",
  "checkpoints",
  "model",
  "metrics.json",
  "predictions.safetensors",
  "samples.json",
  "extremes.json",
  "report.html",
];

async function isEmptyFolder(path: string): Promise<boolean> {
  const info = await Deno.stat(path);
  if (!info.isDirectory) throw new Error(`The run folder ${path} is a file`);
  for await (const { name } of Deno.readDir(path)) if (name !== LOCK) return false;
  return true;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Writes `RUN/config.json`. */
export function writeRunConfig(run: string, config: RunConfig): Promise<void> {
  return writeJson(join(run, "config.json"), config);
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
  const config = parseJson(text, path) as RunConfig;
  if (config?.schema !== RUN_SCHEMA) {
    throw new SyntaxError(
      `${path} is of schema ${quotedValue(config?.schema ?? "unknown")}, not ${RUN_SCHEMA}`,
    );
  }
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

/** Writes the network as `RUN/model/model.json` and its weights, for tfjs to load anywhere. */
export async function writeModel(run: string, network: tfl.LayersModel): Promise<void> {
  await network.save(tf.io.withSaveHandler(async (artifacts) => {
    const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData!));
    await writeFile(join(run, "model", WEIGHTS), weights);
    await writeJson(join(run, "model", "model.json"), {
      format: "layers-model",
      generatedBy: "attparsenet",
      modelTopology: artifacts.modelTopology,
      weightsManifest: [{ paths: [WEIGHTS], weights: artifacts.weightSpecs }],
    });
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  }));
}

const WEIGHTS = "weights.bin";

/**
 * Loads the network of a run.
 *
 * @throws {Error} If the run has no model yet.
 * @throws {SyntaxError} If it is damaged, or none of this program; the message names it.
 */
export async function readModel(run: string): Promise<tfl.LayersModel> {
  const folder = join(run, "model");
  if (!await exists(folder, "model.json")) {
    throw new Error(`${run} has no model yet: train it first (${folder} is missing)`);
  }
  const path = join(folder, "model.json");
  const source = await readJson(path);
  const fail = (reason: string, cause: unknown) => {
    throw new SyntaxError(`Cannot read the network ${path}: ${reason}`, { cause });
  };
  let checked: ReturnType<typeof checkModel>;
  try {
    checked = checkModel(source);
  } catch (cause) {
    return fail((cause as Error).message, cause);
  }
  const weights = await readWeights(join(folder, WEIGHTS), checked.bytes);
  // What tfjs says of layers is for those who write them.
  return await loadNetwork(checked.model, weights).catch((cause) =>
    fail("its layers do not fit together", cause)
  );
}

/** Reads weights that are of so many bytes. */
async function readWeights(path: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path);
  if (size !== bytes) {
    throw new SyntaxError(`Cannot read the weights ${path}: ${size} bytes instead of ${bytes}`);
  }
  const weights = await Deno.readFile(path);
  if (new Float32Array(weights.buffer).every(Number.isFinite)) return weights;
  throw new SyntaxError(`Cannot read the weights ${path}: a number is not finite`);
}

function loadNetwork(
  { modelTopology, weightsManifest: [{ weights: weightSpecs }] }: ModelFile,
  weights: Uint8Array<ArrayBuffer>,
): Promise<tfl.LayersModel> {
  return tfl.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightSpecs as tf.io.WeightsManifestEntry[],
    weightData: weights.buffer,
  }));
}
