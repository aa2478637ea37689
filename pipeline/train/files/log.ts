/** The log of a training run: one JSON object a line, a line a step and an epoch. */

import { join } from "node:path";
import type { FaceCount } from "../../face/face_count.ts";
import { WriteError, written } from "../../files/write_file.ts";
import { schemaOf } from "../../files/schema.ts";

/** The three losses, each a mean. */
export interface Losses {
  /** Attribute loss + segmentation weight · mask loss. */
  readonly loss: number;
  /** Binary cross entropy with logits. */
  readonly attributeLoss: number;
  /** Mean squared error of the masks. */
  readonly maskLoss: number;
}

/** A line of the log after one step. */
export interface StepLine extends Losses {
  readonly type: "step";
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
}

/** What an epoch's validation measured. */
export interface Validation extends Losses {
  /** Mean over the attributes. */
  readonly accuracy: number | null;
  /** Mean over the attributes of half the sum of both classes' recall. */
  readonly balancedAccuracy: number | null;
  /** Mean over the attributes: how well the maps lie on the regions of faces that have the attribute. */
  readonly localisationIoU: number | null;
  /** The same for the mean mask of the training faces; null where the network carries none. */
  readonly priorIoU: number | null;
  /** Mean over the attributes: how often the map's maximum is in the region. */
  readonly pointing: number | null;
  /** Mean over the attributes of the joint mask IoU. */
  readonly maskIoU: number | null;
}

/** A line of the log after one epoch. */
export interface EpochLine {
  /** Tells it from the lines of steps. */
  readonly type: "epoch";
  /** From 0. */
  readonly epoch: number;
  /** Learning rate of its last step. */
  readonly learningRate: number;
  /** Time of its steps, without validation. */
  readonly seconds: number;
  /** Images trained on a second. */
  readonly imagesPerSecond: number;
  /**
   * Share of the time in which the next step could not start since its images were still being read,
   * decoded or changed. On webgpu the device may have had earlier steps to work on meanwhile.
   */
  readonly waitShare: number;
  /** Means over its steps, each before its update. */
  readonly train: Losses;
  /** Null where there are no faces to validate on, or the epoch was not validated. */
  readonly validation: Validation | null;
}

/** A line of the log about what a stage made of the faces. */
interface FacesLine extends FaceCount {
  readonly type: "faces";
  /** Epochs and steps that were done when they were counted. */
  readonly epoch: number;
  readonly step: number;
}

const SCHEMA = schemaOf("log");

/** Appends lines to `RUN/log.ndjson`. */
export class TrainLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #done: Done;
  /** What each stage made of the faces, as the log says already. */
  #counts: ReadonlyMap<string, string> = new Map();

  private constructor(file: Deno.FsFile, path: string, done: Done) {
    this.#file = file;
    this.#path = path;
    this.#done = done;
  }

  /**
   * Opens the log.
   *
   * @param done Epochs and steps that are done: later lines are dropped, as they are written again.
   */
  static async open(run: string, done: Done): Promise<TrainLog> {
    const path = join(run, "log.ndjson");
    const file = await written(path, Deno.open(path, { append: true, create: true }));
    const log = new TrainLog(file, path, done);
    try {
      const { length, counts } = keptOf(await Deno.readFile(path), done);
      await written(path, file.truncate(length));
      log.#counts = counts;
      return log;
    } catch (error) {
      log[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Appends lines.
   *
   * @throws {WriteError} If the system refuses.
   */
  write(...lines: (StepLine | EpochLine | FacesLine)[]): void {
    const text = lines.map((line) => JSON.stringify({ schema: SCHEMA, ...line }) + "\n").join("");
    let rest: Uint8Array = new TextEncoder().encode(text);
    try {
      while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (cause) {
      throw new WriteError(this.#path, cause);
    }
  }

  /** Appends what stages made of the faces, where that is not what the log says of them already. */
  writeCounts(counts: readonly FaceCount[]): void {
    const { epoch, step } = this.#done;
    const fresh = counts.filter((count) => this.#counts.get(count.stage) !== textOf(count));
    this.write(...fresh.map((count) => ({ type: "faces" as const, epoch, step, ...count })));
  }

  /** Has the disk hold what was written. */
  async sync(): Promise<void> {
    await written(this.#path, this.#file.sync());
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** How far a run has come. */
interface Done {
  readonly epoch: number;
  readonly step: number;
}

/** How many steps a run's log knows of. */
export async function stepsIn(run: string): Promise<number> {
  const text = await Deno.readTextFile(join(run, "log.ndjson")).catch(() => "");
  for (let end = text.length; end > 0;) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    const line = end - start > LONGEST_LINE ? null : lineOf(text.slice(start, end));
    if (line?.type === "step" && Number.isSafeInteger(line.step)) return line.step! + 1;
    end = start - 1;
  }
  return 0;
}

/** The lines, from the first on, that say what is done: their bytes, and what they say of faces. */
function keptOf(text: Uint8Array, done: Done) {
  const counts = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf(NEWLINE, at);
    if (end < 0 || end - at > LONGEST_LINE) break;
    const line = lineOf(new TextDecoder().decode(text.subarray(at, end)));
    if (line === null || !isDone(line, done)) break;
    if (line.type === "faces") counts.set(line.stage!, textOf(line as unknown as FaceCount));
    at = end + 1;
  }
  return { length: at, counts };
}

/** A line takes some hundred bytes; what is longer is damage, and not parsed. */
export const LONGEST_LINE = 1 << 20;

const NEWLINE = "\n".charCodeAt(0);

/** Any line, as far as it is looked at. */
type Line = Partial<Omit<FacesLine, "type">> & { readonly type?: string };

function lineOf(text: string): Line | null {
  try {
    return JSON.parse(text);
  } catch {
    // A run that was killed may have left part of a line, and zeros where the power was lost.
    return null;
  }
}

function isDone({ epoch, step }: Line, done: Done): boolean {
  return step === undefined ? epoch! < done.epoch : step < done.step;
}

/** A count without what else stands in its line, to compare it by. */
function textOf({ stage, faces, used, leftOut }: FaceCount): string {
  return JSON.stringify([stage, faces, used, leftOut]);
}
