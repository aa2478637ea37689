/**
 * Reading the losses of training steps back from the device, some steps at a time.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import type { Face } from "../faces.ts";
import type { Losses, StepLine, TrainLog } from "./log.ts";

/** Steps between two read-backs: each one waits for the device. */
const STEPS_PER_READ = 8;

/** Collects the losses of an epoch's steps, writes them to the log, and adds them up. */
export class LossReader {
  readonly #log: TrainLog;
  readonly #epoch: number;
  readonly #learningRate: number;
  #steps: { step: number; values: tf.Tensor1D; faces: readonly Face[] }[] = [];
  readonly #sums: [number, number, number] = [0, 0, 0];
  #images = 0;

  constructor(log: TrainLog, epoch: number, learningRate: number) {
    this.#log = log;
    this.#epoch = epoch;
    this.#learningRate = learningRate;
  }

  /** Takes over the losses f32 [3] of a step. */
  add(step: number, values: tf.Tensor1D, faces: readonly Face[]): void {
    this.#steps.push({ step, values, faces });
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
    const all = tf.concat(steps.map(({ values }) => values));
    const data = await all.data();
    tf.dispose([all, ...steps.map(({ values }) => values)]);
    const lines = steps.map(({ step, faces }, index): StepLine => {
      const three = data.subarray(3 * index, 3 * index + 3);
      if (!three.every(Number.isFinite)) throw notFinite(step, faces);
      three.forEach((value, k) => this.#sums[k]! += value * faces.length);
      this.#images += faces.length;
      const learningRate = this.#learningRate;
      return { type: "step", step, epoch: this.#epoch, ...lossesOf(three), learningRate };
    });
    this.#log.write(...lines);
  }

  /** How many images the steps that were read had. */
  get images(): number {
    return this.#images;
  }

  /** Means over the images of all steps that were read. */
  mean(): Losses {
    return lossesOf(this.#sums.map((sum) => sum / this.#images));
  }
}

function lossesOf(three: ArrayLike<number>): Losses {
  return { loss: three[0]!, attributeLoss: three[1]!, maskLoss: three[2]! };
}

function notFinite(step: number, faces: readonly Face[]): Error {
  const names = faces.map(({ record }) => record.image).join(", ");
  return new Error(
    `The loss is not a finite number at step ${step}; try a smaller learning rate. Its images: ${names}`,
  );
}
