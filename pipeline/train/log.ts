/**
 * The log of a training run: one JSON object a line, a line a step and an epoch.
 *
 * @module
 */

import { join } from "node:path";
import { WriteError, written } from "../files.ts";
import { schemaOf } from "../schema.ts";

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

const SCHEMA = schemaOf("log");

/** Appends lines to `RUN/log.ndjson`. */
export class TrainLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens the log.
   *
   * @param done Epochs and steps that are done: later lines are dropped, as they are written again.
   */
  static async open(run: string, done: Done): Promise<TrainLog> {
    const path = join(run, "log.ndjson");
    const file = await written(path, Deno.open(path, { append: true, create: true }));
    const log = new TrainLog(file, path);
    try {
      await written(path, file.truncate(lengthOf(await Deno.readFile(path), done)));
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
  write(...lines: (StepLine | EpochLine)[]): void {
    const text = lines.map((line) => JSON.stringify({ schema: SCHEMA, ...line }) + "\n").join("");
    let rest: Uint8Array = new TextEncoder().encode(text);
    try {
      while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (cause) {
      throw new WriteError(this.#path, cause);
    }
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
export interface Done {
  readonly epoch: number;
  readonly step: number;
}

/** Bytes of the lines, from the first on, that say what is done. */
function lengthOf(text: Uint8Array, done: Done): number {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf(NEWLINE, at);
    if (
      end < 0 || end - at > LONGEST_LINE ||
      !isDone(new TextDecoder().decode(text.subarray(at, end)), done)
    ) break;
    at = end + 1;
  }
  return at;
}

/** A line takes some hundred bytes; what is longer is damage, and not parsed. */
export const LONGEST_LINE = 1 << 20;

const NEWLINE = "\n".charCodeAt(0);

function isDone(line: string, done: Done): boolean {
  try {
    const { epoch, step } = JSON.parse(line) as Partial<StepLine>;
    return step === undefined ? epoch! < done.epoch : step < done.step;
  } catch {
    // A run that was killed may have left part of a line, and zeros where the power was lost.
    return false;
  }
}
