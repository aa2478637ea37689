/**
 * The log of a training run: one JSON object a line, a line a step and an epoch.
 *
 * @module
 */

import { join } from "node:path";

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
  /** Mean over the attributes. */
  readonly maskIoU: number | null;
}

/** A line of the log after one epoch. */
export interface EpochLine {
  /** Tells it from the lines of steps. */
  readonly type: "epoch";
  /** From 0. */
  readonly epoch: number;
  /** Learning rate of its steps. */
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
  /** Null where there are no faces to validate on. */
  readonly validation: Validation | null;
}

/** Appends lines to `RUN/log.ndjson`. */
export class TrainLog implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Opens the log.
   *
   * @param epochs Lines of later epochs are dropped first, as a resumed run writes them again.
   */
  static async open(run: string, epochs: number): Promise<TrainLog> {
    const path = join(run, "log.ndjson");
    const kept = epochs === 0 ? "" : keepEpochs(await Deno.readTextFile(path), epochs);
    await Deno.writeTextFile(path, kept);
    return new TrainLog(await Deno.open(path, { append: true }));
  }

  /** Appends lines. */
  write(...lines: (StepLine | EpochLine)[]): void {
    const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
    let rest: Uint8Array = new TextEncoder().encode(text);
    while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The whole lines of the first `epochs` epochs. */
function keepEpochs(text: string, epochs: number): string {
  const lines = text.split("\n").slice(0, -1).filter((line) => {
    try {
      return (JSON.parse(line) as { epoch: number }).epoch < epochs;
    } catch {
      // A run that was killed may have left part of a line.
      return false;
    }
  });
  return lines.map((line) => line + "\n").join("");
}
