/**
 * Reading the losses of training steps back from the device, some steps at a time.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Face } from "../faces.ts";
import type { EpochSums } from "./checkpoint.ts";
import type { Losses, StepLine, TrainLog } from "./log.ts";

/** Steps between two read-backs: each one waits for the device. */
const STEPS_PER_READ = 8;

/** A batch that a step was taken on. */
export interface LearntBatch {
  readonly faces: readonly Face[];
  /** f32 [3], see `Learner.gather`. */
  readonly losses: tf.Tensor1D;
}

/** A step whose losses are on the device. */
interface Step extends Pick<StepLine, "epoch" | "step" | "learningRate"> {
  readonly batches: readonly LearntBatch[];
}

/** Collects the losses of an epoch's steps, writes them to the log, and adds them up. */
export class LossReader {
  readonly #log: TrainLog;
  readonly #losses: [number, number, number];
  #steps: Step[] = [];
  #images: number;

  /** @param before Sums over the batches of the epoch that were read before. */
  constructor(log: TrainLog, before: EpochSums) {
    this.#log = log;
    this.#losses = [...before.losses];
    this.#images = before.images;
  }

  /** Takes over the losses of a step's batches. */
  add(step: Step): void {
    this.#steps.push(step);
  }

  /** Whether so much has come together that it should be read back. */
  get isDue(): boolean {
    return this.#steps.length >= STEPS_PER_READ;
  }

  /**
   * Reads back what has come together.
   *
   * @throws {Error} If a loss is not finite, naming the step and its images.
   */
  async read(): Promise<void> {
    const steps = this.#steps;
    if (steps.length === 0) return;
    this.#steps = [];
    const values = steps.flatMap(({ batches }) => batches.map(({ losses }) => losses));
    const all = tf.concat(values);
    const data = await all.data();
    tf.dispose([all, ...values]);
    const lines: StepLine[] = [];
    let at = 0;
    for (const { step, epoch, learningRate, batches } of steps) {
      const means = [0, 0, 0];
      let images = 0;
      for (const { faces } of batches) {
        const three = data.subarray(at, at += 3);
        images += faces.length;
        three.forEach((value, k) => {
          means[k]! += (value - means[k]!) * (faces.length / images);
          this.#losses[k]! += value * faces.length;
        });
      }
      this.#images += images;
      if (!means.every(Number.isFinite)) {
        this.#log.write(...lines);
        throw notFinite(step, learningRate, batches);
      }
      lines.push({ type: "step", step, epoch, ...lossesOf(means), learningRate });
    }
    this.#log.write(...lines);
  }

  /** How many images the steps that were read had, in the whole epoch. */
  get images(): number {
    return this.#images;
  }

  /** Sums over the images of all steps that were read. */
  get losses(): [number, number, number] {
    return [...this.#losses];
  }

  /** Means over the images of all steps that were read. */
  mean(): Losses {
    return lossesOf(this.#losses.map((sum) => sum / this.#images));
  }
}

function lossesOf(three: ArrayLike<number>): Losses {
  return { loss: three[0]!, attributeLoss: three[1]!, maskLoss: three[2]! };
}

function notFinite(step: number, learningRate: number, batches: readonly LearntBatch[]): Error {
  const names = batches.flatMap(({ faces }) => faces.map(({ record }) => record.image)).join(", ");
  return new Error(
    `The loss is not a finite number at step ${step}, of learning rate ${learningRate}; try a smaller ` +
      `learning rate, a warm-up or clipped gradients. Its images: ${names}`,
  );
}
