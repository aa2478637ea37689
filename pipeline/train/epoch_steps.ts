/**
 * The steps of an epoch: batches are gathered, the weights take a step, and now and then the losses are read
 * back and a checkpoint is written.
 */

import { setImmediate } from "node:timers/promises";
import type { Face, OnReject } from "../face/faces.ts";
import { maskSize } from "../network/network.ts";
import type { TrainOptions } from "./options.ts";
import { BatchFeed } from "./faces/batch_feed.ts";
import type { Learner } from "../compute/learner.ts";
import type { TrainLog } from "./files/log.ts";
import type { LearntBatch, LossReader } from "./loss_reader.ts";
import { learningRateAt, stepsPerEpoch } from "./schedule.ts";
import type { RunPictures } from "./faces/run_pictures.ts";
import type { RunState } from "./run_state.ts";
import type { StepWatch } from "./step_times.ts";

/** The faces that are trained on. */
interface TrainedFaces {
  readonly train: readonly Face[];
  /** Hears of those that cannot be read any more. */
  readonly reject: OnReject;
}

/** What steps of all epochs share. */
interface EpochParts {
  readonly runState: RunState;
  readonly watch: StepWatch;
  readonly pictures: RunPictures;
}

/** Takes the steps of one epoch after the other; it borrows the learner and moves the run state. */
export class EpochSteps {
  readonly #options: TrainOptions;
  readonly #learner: Learner;
  readonly #faces: TrainedFaces;
  readonly #runState: RunState;
  readonly #watch: StepWatch;
  readonly #pictures: RunPictures;
  readonly #perEpoch: number;

  constructor(
    options: TrainOptions,
    learner: Learner,
    faces: TrainedFaces,
    { runState, watch, pictures }: EpochParts,
  ) {
    this.#options = options;
    this.#learner = learner;
    this.#faces = faces;
    this.#runState = runState;
    this.#watch = watch;
    this.#pictures = pictures;
    this.#perEpoch = stepsPerEpoch(faces.train.length, options.config);
  }

  /** Takes the epoch's steps that are left, each on the mean of some batches. */
  async take(reader: LossReader, log: TrainLog): Promise<void> {
    const { config, signal, onProgress } = this.#options;
    const runState = this.#runState;
    const feed = this.#feed();
    let { seconds, waited } = runState.at.sums;
    let started = performance.now();
    let gathered: LearntBatch[] = [];
    while (feed.next) {
      const asked = performance.now();
      // On wasm nothing else would let Ctrl-C be heard, and files be read, before the epoch ends.
      await setImmediate();
      const batch = await feed.next;
      waited += (performance.now() - asked) / 1000;
      if (batch.faces.length > 0) {
        const losses = this.#watch.during(() => this.#learner.gather(batch));
        gathered.push({ faces: batch.faces, losses });
      }
      const isStep = feed.endsGroup(config.accumulate);
      if (isStep) {
        this.#step(gathered, reader);
        gathered = [];
      }
      feed.advance();
      onProgress?.(this.imagesAfter(feed.position.batch), config.epochs * this.#faces.train.length);
      if (!isStep) continue;
      if (reader.isDue) await reader.advance();
      runState.move(feed.position);
      const isSaveDue = signal?.aborted || runState.isSaveDue;
      if (!isSaveDue && !feed.isOver) continue;
      await reader.read();
      seconds += (performance.now() - started) / 1000;
      const { losses, images } = reader;
      runState.move({ sums: { losses, images, seconds, waited } });
      if (isSaveDue) await runState.save(log);
      signal?.throwIfAborted();
      started = performance.now();
    }
  }

  /** Learning rate of a step of the epoch at hand. */
  learningRateOf(step: number): number {
    const { epoch, patience: { plateaus } } = this.#runState.at;
    const moment = { step, epoch, stepsPerEpoch: this.#perEpoch, plateaus };
    return learningRateAt(this.#options.config, moment);
  }

  /** The batches of the epoch that are left. */
  #feed(): BatchFeed {
    const { network, augmentation, batch } = this.#options.config;
    const pictures = this.#pictures;
    const plan = {
      input: network.input,
      mask: maskSize(network),
      augmentation,
      pixelsOf: (face: Face) => pictures.pixelsOf(face),
    };
    const { train, reject } = this.#faces;
    return new BatchFeed(train, this.#runState.at, { plan, batch, reject, ahead: pictures });
  }

  /** Takes a step on what was gathered, if anything was. */
  #step(batches: readonly LearntBatch[], reader: LossReader): void {
    if (batches.length === 0) return;
    const { epoch, step } = this.#runState.at;
    const learningRate = this.learningRateOf(step);
    this.#learner.optimizer.learningRate = learningRate;
    this.#watch.during(() => this.#learner.update());
    this.#watch.end();
    reader.add({ epoch, step, learningRate, batches });
    this.#runState.move({ step: step + 1 });
  }

  /** Images that all epochs have taken, after so many batches of the one at hand. */
  imagesAfter(batches: number): number {
    const { length } = this.#faces.train;
    const done = Math.min(batches * this.#options.config.batch, length);
    return this.#runState.at.epoch * length + done;
  }
}
