/** Runs as a comparison reads them: all measured on the same faces. */

import { basename, resolve } from "node:path";
import { ATTRIBUTES, namesOf } from "../face/attributes.ts";
import { truthText } from "../metrics/metrics.ts";
import { mapOverlap } from "../metrics/mask_overlap.ts";
import { type Predictions, readPredictions } from "../metrics/predictions.ts";
import { readRunFolder, type RunFolder } from "../report/run_folder.ts";
import { shellWord } from "../files/shell_word.ts";
import { PROGRAM_NAME } from "../files/standalone.ts";

const A = ATTRIBUTES.length;

export interface ComparedRun {
  /** The folder's own name, or its path where another run has the same name. */
  readonly name: string;
  readonly folder: RunFolder;
  /** Rows in the order of the first run's. */
  readonly predictions: Predictions;
  /** The attributes' own thresholds, null where none could be chosen. */
  readonly thresholds: readonly (number | null)[];
}

/**
 * Reads runs to be compared.
 *
 * @throws {Error} If one is no run or has not been evaluated, or was measured on other images or labels
 * than the first one; the message names the difference.
 */
export async function readComparedRuns(paths: readonly string[]): Promise<ComparedRun[]> {
  const names = paths.map((path) => basename(resolve(path)));
  const runs: ComparedRun[] = [];
  for (const [at, path] of paths.entries()) {
    const name = names.filter((other) => other === names[at]).length > 1 ? path : names[at]!;
    const run = await readRun(path, name);
    runs.push(at === 0 ? run : alignWith(runs[0]!, run));
  }
  return runs;
}

async function readRun(path: string, name: string): Promise<ComparedRun> {
  const folder = await readRunFolder(path);
  const predictions = await readPredictions(path);
  const evidence = folder.metrics?.evidence;
  const again = `${PROGRAM_NAME} evaluate --run ${shellWord(path)} --dataset DIR`;
  if (!predictions || !evidence) {
    throw new Error(`Cannot compare ${path}: it has no predictions to compare; first ${again}`);
  }
  const { split, images } = folder.metrics!;
  if (split !== predictions.split || images !== predictions.images.length) {
    throw new Error(
      `Cannot compare ${path}: its metrics and its predictions are of different evaluations; ` +
        `first ${again}`,
    );
  }
  const thresholds = evidence.attributes.map(({ tuned }) => tuned?.threshold ?? null);
  return { name, folder, predictions, thresholds };
}

/** The run with its rows in the order of the first run's. */
function alignWith(first: ComparedRun, run: ComparedRun): ComparedRun {
  const fail = (why: string) =>
    new Error(`Cannot compare ${run.folder.path} with ${first.folder.path}: ${why}`);
  const [wanted, found] = [first.predictions, run.predictions];
  if (wanted.split !== found.split) {
    throw fail(`it was measured on the split ${found.split}, not on ${wanted.split}`);
  }
  const rows = new Map(found.images.map((image, row) => [image, row]));
  const known = new Set(wanted.images);
  const missing = wanted.images.filter((image) => !rows.has(image));
  const others = found.images.filter((image) => !known.has(image));
  if (missing.length + others.length > 0) {
    const parts = [
      missing.length > 0 && `${listed(missing)} missing`,
      others.length > 0 && `${listed(others)} in it alone`,
    ];
    throw fail(`it was measured on other images: ${parts.filter(Boolean).join(", and ")}`);
  }
  if (JSON.stringify(truthOf(first.folder)) !== JSON.stringify(truthOf(run.folder))) {
    const [theirs, ours] = [first, run].map(({ folder }) =>
      truthText(folder.metrics!) ?? "against regions drawn from landmarks"
    );
    const why = ours === theirs ? "against parts by another table" : `${ours}, not ${theirs}`;
    throw fail(`where was measured ${why}`);
  }
  const predictions = permuted(found, wanted.images.map((image) => rows.get(image)!));
  const face = predictions.labels.findIndex((bits, at) => bits !== wanted.labels[at]);
  if (face >= 0) {
    const [ours, theirs] = [predictions, wanted].map(({ labels }) => namesOf(labels[face]!));
    const name = ATTRIBUTES.find((name) => ours!.includes(name) !== theirs!.includes(name));
    throw fail(
      `they were measured by other labels: ${wanted.images[face]} has ${name} in one only`,
    );
  }
  return { ...run, predictions };
}

/** The parts of each attribute, wherever the masks lay; null for regions drawn from landmarks. */
function truthOf({ metrics }: RunFolder): object | null {
  const { truth = "landmarks" } = metrics!;
  return truth === "landmarks" ? null : truth.parts;
}

/** `000001.jpg is`, or `000001.jpg and 4 more are`. */
function listed([first, ...others]: readonly string[]): string {
  return others.length === 0 ? `${first} is` : `${first} and ${others.length} more are`;
}

function permuted(predictions: Predictions, rows: readonly number[]): Predictions {
  const { images, labels, logits } = predictions;
  const picked = <T extends Float32Array | Uint32Array | Uint8Array>(array: T): T => {
    const result = array.slice() as T;
    rows.forEach((row, at) => result.set(array.subarray(row * A, (row + 1) * A), at * A));
    return result;
  };
  return {
    ...predictions,
    images: rows.map((row) => images[row]!),
    labels: rows.map((row) => labels[row]!),
    logits: picked(logits),
    ...mapOverlap(predictions, picked),
  };
}
