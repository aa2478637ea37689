/** A run folder as the report reads it. */

import { join } from "node:path";
import { ATTRIBUTES } from "../face/attributes.ts";
import { count, fields, list, number, oneOf, share, text, tuple } from "../files/json_shape.ts";
import { isObject, parseJson, readJsonText } from "../files/json_text.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { parseMetrics } from "../metrics/metrics_file.ts";
import { parseOcclusion } from "../evaluate/occlusion/occlusion_file.ts";
import type { Occlusion } from "../evaluate/occlusion.ts";
import { marked, parseMarked } from "../files/schema.ts";
import type { Extremes } from "../evaluate/extremes.ts";
import { decodeSample, type SampleFace } from "../evaluate/samples.ts";
import { parseLog, type TrainingLog } from "./training_log.ts";

/** What lies in a run folder. Null stands for a file that is not there (yet). */
export interface RunFolder {
  readonly path: string;
  /** `config.json` as it is. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the run's data came from: `data` of the configuration. */
  readonly data: Readonly<Record<string, unknown>>;
  /** `log.ndjson` */
  readonly log: TrainingLog | null;
  /** `metrics.json` */
  readonly metrics: Metrics | null;
  /** `samples.json` */
  readonly faces: readonly SampleFace[] | null;
  /** `extremes.json` */
  readonly extremes: Extremes | null;
  /** `occlusion.json` */
  readonly occlusion: Occlusion | null;
}

/**
 * Reads a run folder.
 *
 * @throws {Error} If there is no such folder, or it is no run.
 * @throws {SyntaxError} If a file in it is damaged.
 */
export async function readRunFolder(path: string): Promise<RunFolder> {
  const configPath = join(path, "config.json");
  const [config, log, metrics, faces, extremes, occlusion] = await Promise.all([
    readText(configPath),
    // One line after the other: there is no telling how long it is.
    readText(join(path, "log.ndjson"), Deno.readTextFile),
    readText(join(path, "metrics.json")),
    readText(join(path, "samples.json")),
    readText(join(path, "extremes.json")),
    readText(join(path, "occlusion.json")),
  ]);
  if (config === null) throw new Error(`Cannot report on ${path}: ${await whyNoRun(path)}`);
  return {
    path,
    ...readConfig(config, configPath),
    log: log === null ? null : parseLog(log, join(path, "log.ndjson")),
    metrics: metrics === null ? null : parseMetrics(metrics, join(path, "metrics.json")),
    faces: faces === null ? null : parseFaces(faces, join(path, "samples.json")),
    extremes: extremes === null ? null : parseExtremes(extremes, join(path, "extremes.json")),
    occlusion: occlusion === null ? null : parseOcclusion(occlusion, join(path, "occlusion.json")),
  };
}

/** The file's text, or null if there is no such file. */
async function readText(path: string, read = readJsonText): Promise<string | null> {
  try {
    return await read(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

async function whyNoRun(path: string): Promise<string> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (!isDirectory) return "it is a file, and a run is a folder";
    return "it is not a run folder, for it has no config.json";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no such folder";
    throw error;
  }
}

/** A face of `extremes.json`. */
const FACE = fields({
  image: text,
  path: text,
  size: tuple(count, count),
  logLoss: number,
  labels: list(oneOf(...ATTRIBUTES)),
  probabilities: list(share, ATTRIBUTES.length),
});
const EXTREMES = fields({ best: list(FACE), worst: list(FACE) });

function parseExtremes(source: string, path: string): Extremes {
  const extremes = parseMarked("extremes", source, path);
  const misfit = EXTREMES(extremes);
  if (misfit === null) return extremes as unknown as Extremes;
  throw new SyntaxError(
    `${path}:1: lists of the best and the worst faces are expected: ${misfit.slice(1)}`,
  );
}

function parseFaces(text: string, path: string): SampleFace[] {
  const value = parseJson(text, path);
  // Older versions wrote the list alone.
  const faces = Array.isArray(value) ? value : marked("samples", value, path).faces;
  if (!Array.isArray(faces)) throw new SyntaxError(`${path}:1: a list of faces is expected`);
  return faces.map((sample) => {
    try {
      return decodeSample(sample);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new SyntaxError(`${path}:1: ${cause.message}`, { cause });
    }
  });
}

function readConfig(text: string, path: string): Pick<RunFolder, "config" | "data"> {
  const config = parseMarked("run", text, path);
  const { data } = config;
  return { config, data: isObject(data) ? data : {} };
}
