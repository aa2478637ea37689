/** Reading the losses of training steps back from the device, some steps at a time. */

import * as tf from "@tensorflow/tfjs-core";
import type { Face } from "../face/faces.ts";
import type { EpochSums } from "./checkpoints/checkpoint.ts";
import type { Losses, StepLine, TrainLog } from "./files/log.ts";

/** Steps between two read-backs: each one costs some 11 ms, while the device works on the next steps. */
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
  /** What is being read back, which ends after all that was before it. */
  #reading: Promise<void> = Promise.resolve();

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
   * Begins to read back what has come together, and waits for what was begun before: the device has the
   * steps in between to work on.
   *
   * @throws {Error} As {@linkcode read}, of the steps that were begun before.
   */
  async advance(): Promise<void> {
    const before = this.#reading;
    this.#reading = this.#readAfter(before);
    // Whoever calls next hears of a failure; a run that is stopped before that must not die of it.
    this.#reading.catch(() => {});
    await before;
  }

  /**
   * Reads back everything.
   *
   * @throws {Error} If a loss is not finite, naming the step and its images.
   */
  async read(): Promise<void> {
    await this.advance();
    await this.#reading;
  }

  async #readAfter(before: Promise<void>): Promise<void> {
    const steps = this.#steps;
    if (steps.length === 0) return await before;
    this.#steps = [];
    const values = steps.flatMap(({ batches }) => batches.map(({ losses }) => losses));
    const all = tf.concat(values);
    const read = all.data();
    tf.dispose(values);
    const [data] = await Promise.all([read.finally(() => all.dispose()), before]);
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
