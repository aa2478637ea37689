/**
 * A run folder as the report reads it.
 *
 * @module
 */

import { join } from "node:path";
import { ATTRIBUTES } from "../attributes.ts";
import type { Evidence, Metrics } from "../metrics.ts";
import { checkSchema, type SchemaName } from "../schema.ts";
import type { Extremes } from "./extremes.ts";
import { decodeSample, type SampleFace } from "./samples.ts";
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
}

/**
 * Reads a run folder.
 *
 * @throws {Error} If there is no such folder, or it is no run.
 * @throws {SyntaxError} If a file in it is damaged.
 */
export async function readRunFolder(path: string): Promise<RunFolder> {
  const configPath = join(path, "config.json");
  const [config, log, metrics, faces, extremes] = await Promise.all([
    readText(configPath),
    readText(join(path, "log.ndjson")),
    readText(join(path, "metrics.json")),
    readText(join(path, "samples.json")),
    readText(join(path, "extremes.json")),
  ]);
  if (config === null) throw new Error(`Cannot report on ${path}: ${await whyNoRun(path)}`);
  return {
    path,
    ...readConfig(config, configPath),
    log: log === null ? null : parseLog(log, join(path, "log.ndjson")),
    metrics: metrics === null ? null : parseMetrics(metrics, join(path, "metrics.json")),
    faces: faces === null ? null : parseFaces(faces, join(path, "samples.json")),
    extremes: extremes === null ? null : parseExtremes(extremes, join(path, "extremes.json")),
  };
}

/** The file's text, or null if there is no such file. */
async function readText(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
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

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // V8 names the place as "(line 3 column 5)" unless the text merely ends too early.
    const line = /line (\d+)/.exec(String(cause))?.[1] ?? text.trimEnd().split("\n").length;
    throw new SyntaxError(`${path}:${line}: the file is not valid JSON`, { cause });
  }
}

/** An object of a schema. */
function parseObject(text: string, path: string, name: SchemaName): Record<string, unknown> {
  const value = parseJson(text, path);
  if (!isObject(value)) throw new SyntaxError(`${path}:1: a JSON object is expected`);
  checkSchema(name, value.schema, path);
  return value;
}

const SPLIT_MEASURES = ["accuracy", "balancedAccuracy", "majorityAccuracy", "maskIoU"] as const;
const ATTRIBUTE_MEASURES = [
  "accuracy",
  "positiveAccuracy",
  "negativeAccuracy",
  "precision",
  "recall",
  "f1",
  "averagePrecision",
  "maskIoU",
] as const;

function parseMetrics(text: string, path: string): Metrics {
  const metrics = parseObject(text, path, "metrics");
  const { attributes } = metrics;
  const complete = hasMeasures(metrics, SPLIT_MEASURES) && Array.isArray(attributes) &&
    attributes.length === ATTRIBUTES.length &&
    attributes.every((attribute, column) =>
      attribute?.name === ATTRIBUTES[column] && hasMeasures(attribute, ATTRIBUTE_MEASURES)
    );
  if (complete && typeof metrics.images === "number" && typeof metrics.split === "string") {
    if (metrics.evidence === undefined || isEvidence(metrics.evidence)) {
      return metrics as unknown as Metrics;
    }
    throw new SyntaxError(`${path}:1: the evidence is not complete`);
  }
  throw new SyntaxError(`${path}:1: the measures of a split and its 40 attributes are expected`);
}

/** Whether it has the parts that a report shows; their numbers are taken on trust. */
function isEvidence(value: unknown): value is Evidence {
  const { attributes, bins, consistency, intervals, tuned } = (value ?? {}) as Partial<Evidence>;
  return [attributes, bins, consistency].every(Array.isArray) && tuned !== undefined &&
    attributes!.length === ATTRIBUTES.length &&
    [intervals, ...attributes!.map((attribute) => attribute?.intervals)].every(isObject);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseExtremes(text: string, path: string): Extremes {
  const { best, worst } = parseObject(text, path, "extremes");
  const isFace = (face: unknown) =>
    isObject(face) && typeof face.image === "string" && typeof face.path === "string" &&
    typeof face.logLoss === "number" &&
    [face.size, face.labels, face.probabilities].every(Array.isArray);
  if ([best, worst].every((faces) => Array.isArray(faces) && faces.every(isFace))) {
    return { best, worst } as Extremes;
  }
  throw new SyntaxError(`${path}:1: lists of the best and the worst faces are expected`);
}

function hasMeasures(fields: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => fields[name] === null || typeof fields[name] === "number");
}

function parseFaces(text: string, path: string): SampleFace[] {
  const value = parseJson(text, path);
  // Older versions wrote the list alone.
  const faces = Array.isArray(value) ? value : parseObject(text, path, "samples").faces;
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
  const config = parseObject(text, path, "run");
  const { data } = config;
  return { config, data: isObject(data) ? data : {} };
}
