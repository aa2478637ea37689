/**
 * One training run, epoch by epoch, from its start or from its last checkpoint.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";
import { DeviceLost } from "../../kernels/gpu.ts";
import { failureOf } from "../backend.ts";
import type { Face } from "../faces.ts";
import type { Metrics } from "../metrics.ts";
import { maskSize } from "../network.ts";
import { Random } from "../random.ts";
import type { TrainOptions, TrainResult } from "../train.ts";
import { BatchFeed } from "./batch_feed.ts";
import type { CheckpointMetadata, EpochSums } from "./checkpoint.ts";
import { CheckpointFolder } from "./checkpoint_folder.ts";
import type { Learner } from "./learner.ts";
import { restoreState, stateOf } from "./learner_state.ts";
import { type EpochLine, TrainLog } from "./log.ts";
import { type LearntBatch, LossReader } from "./loss_reader.ts";
import { lostInTraining } from "./lost_in_training.ts";
import { measure } from "./measure.ts";
import { writeModel } from "./model_folder.ts";
import { afterValidation, FRESH, learningRateAt } from "./schedule.ts";

/** The faces of a run. */
export interface FaceSets {
  readonly train: Face[];
  readonly validation: Face[];
}

const NO_SUMS: EpochSums = { losses: [0, 0, 0], images: 0, seconds: 0, waited: 0 };

/** A run; it borrows the learner. */
export class Session {
  readonly #options: TrainOptions;
  readonly #learner: Learner;
  readonly #faces: FaceSets;
  readonly #checkpoints: CheckpointFolder;
  readonly #stepsPerEpoch: number;
  #at: CheckpointMetadata;
  #saved = performance.now();
  /** Steps that were done at the last checkpoint; null before the first one. */
  #savedAt: number | null = null;

  constructor(options: TrainOptions, learner: Learner, faces: FaceSets) {
    const { batch, accumulate, seed } = options.config;
    this.#options = options;
    this.#learner = learner;
    this.#faces = faces;
    this.#checkpoints = new CheckpointFolder(options.out);
    this.#stepsPerEpoch = Math.ceil(Math.ceil(faces.train.length / batch) / accumulate);
    const { state } = new Random(seed);
    this.#at = {
      ...{ epoch: 0, batch: 0, step: 0, random: { order: state, changes: state } },
      ...{ sums: NO_SUMS, best: [], patience: FRESH },
    };
  }

  /** Goes back to the last checkpoint, or to the start if the run was stopped before the first one. */
  async restore(): Promise<void> {
    const checkpoint = await this.#checkpoints.read(this.#options.log);
    if (!checkpoint) return;
    const standing = checkpoint.metadata;
    restoreState(this.#learner, checkpoint.tensors, standing.step);
    this.#at = standing;
    this.#savedAt = standing.step;
    // The process that wrote it may have been killed before it came to that.
    await this.#checkpoints.prune(this.#keptEpochs);
  }

  /**
   * Trains the epochs that are left.
   *
   * @throws {Error} If that fails; for a lost GPU it says at which step, and how to go on.
   */
  async run(): Promise<TrainResult> {
    try {
      return await this.#runEpochs();
    } catch (error) {
      const failure = await failureOf(this.#options.backend, error);
      if (!(failure instanceof DeviceLost)) throw failure;
      throw lostInTraining(failure, this.#at.step, this.#savedAt);
    }
  }

  async #runEpochs(): Promise<TrainResult> {
    const { config, out, onEpoch } = this.#options;
    using log = await TrainLog.open(out, this.#at);
    let last: EpochLine | null = null;
    while (this.#at.epoch < config.epochs && !this.#isSpent) {
      last = await this.#runEpoch(log);
      log.write(last);
      onEpoch?.(last);
      await this.#endEpoch(last, log);
    }
    const { epoch, best } = this.#at;
    const { train, validation } = this.#faces;
    const faces = { train: train.length, validation: validation.length };
    return { run: out, faces, epochs: epoch, bestEpoch: best[0]?.epoch ?? epoch - 1, last };
  }

  /** Whether validation has not improved for as long as is waited. */
  get #isSpent(): boolean {
    const { patience } = this.#options.config;
    return patience > 0 && this.#at.patience.sinceBest >= patience;
  }

  async #runEpoch(log: TrainLog): Promise<EpochLine> {
    const { epoch } = this.#at;
    const reader = new LossReader(log, this.#at.sums);
    await this.#takeSteps(reader, log);
    if (reader.images === 0) throw new Error("None of the images to train on can be read any more");
    const { step, sums: { seconds, waited } } = this.#at;
    return {
      type: "epoch",
      epoch,
      learningRate: this.#rateOf(step - 1),
      seconds,
      imagesPerSecond: reader.images / seconds,
      waitShare: waited / seconds,
      train: reader.mean(),
      validation: await this.#validate(log),
    };
  }

  /** Takes the epoch's steps that are left, each on the mean of some batches. */
  async #takeSteps(reader: LossReader, log: TrainLog): Promise<void> {
    const { config, signal, onProgress, onReject = () => {} } = this.#options;
    const { train } = this.#faces;
    const { network, augmentation, batch: size } = config;
    const plan = { input: network.input, mask: maskSize(network), augmentation };
    const feed = new BatchFeed(train, this.#at, { plan, batch: size, reject: onReject });
    let { seconds, waited } = this.#at.sums;
    let started = performance.now();
    let gathered: LearntBatch[] = [];
    while (feed.next) {
      const asked = performance.now();
      // On wasm nothing else would let Ctrl-C be heard, and files be read, before the epoch ends.
      await setTimeout(0);
      const batch = await feed.next;
      waited += (performance.now() - asked) / 1000;
      if (batch.faces.length > 0) {
        gathered.push({ faces: batch.faces, losses: this.#learner.gather(batch) });
      }
      const isStep = feed.endsGroup(config.accumulate);
      if (isStep) {
        this.#step(gathered, reader);
        gathered = [];
      }
      feed.advance();
      const done = Math.min(feed.position.batch * size, train.length);
      onProgress?.(this.#at.epoch * train.length + done, config.epochs * train.length);
      if (!isStep) continue;
      if (reader.isDue) await reader.read();
      this.#at = { ...this.#at, ...feed.position };
      const isDue = signal?.aborted || this.#isDue;
      if (!isDue && !feed.isOver) continue;
      await reader.read();
      seconds += (performance.now() - started) / 1000;
      const { losses, images } = reader;
      this.#at = { ...this.#at, sums: { losses, images, seconds, waited } };
      if (isDue) await this.#save(log);
      signal?.throwIfAborted();
      started = performance.now();
    }
  }

  /** Takes a step on what was gathered, if anything was. */
  #step(batches: readonly LearntBatch[], reader: LossReader): void {
    if (batches.length === 0) return;
    const { epoch, step } = this.#at;
    const learningRate = this.#rateOf(step);
    this.#learner.optimizer.learningRate = learningRate;
    this.#learner.update();
    reader.add({ epoch, step, learningRate, batches });
    this.#at = { ...this.#at, step: step + 1 };
  }

  /** Learning rate of a step of the epoch at hand. */
  #rateOf(step: number): number {
    const { epoch, patience: { plateaus } } = this.#at;
    const stepsPerEpoch = this.#stepsPerEpoch;
    return learningRateAt(this.#options.config, { step, epoch, stepsPerEpoch, plateaus });
  }

  async #validate(log: TrainLog): Promise<EpochLine["validation"]> {
    const { config, signal, onReject } = this.#options;
    const { validation } = this.#faces;
    const epochs = this.#at.epoch + 1;
    const isDue = epochs % config.validateEvery === 0 || epochs === config.epochs;
    if (validation.length === 0 || !isDue) return null;
    try {
      const { losses, metrics } = await measure(this.#learner, validation, {
        split: "validation",
        batch: config.batch,
        input: config.network.input,
        mask: maskSize(config.network),
        learnt: config.attributes,
        signal,
        onReject,
      });
      return { ...losses, ...summary(metrics) };
    } catch (error) {
      if (signal?.aborted) await this.#save(log);
      throw error;
    }
  }

  /** Ends an epoch: a better model is written, then the checkpoint from which a run resumes. */
  async #endEpoch({ validation, train }: EpochLine, log: TrainLog): Promise<void> {
    const { out, config: { keepBest, decayEvery } } = this.#options;
    const { epoch, random } = this.#at;
    let { best, patience } = this.#at;
    const measured = validation ?? (this.#faces.validation.length === 0 ? train : null);
    if (measured) {
      // By the attributes alone: the masks are a means, and their loss in inference starts out small for as
      // long as the moving statistics are still near where they began.
      const loss = measured.attributeLoss;
      const isBest = best.length === 0 || loss < best[0]!.loss;
      if (isBest) await writeModel(out, this.#learner.network);
      patience = afterValidation(patience, isBest, decayEvery);
      best = [...best, { epoch, loss }]
        .sort((a, b) => a.loss - b.loss)
        .slice(0, Math.max(keepBest, 1));
    }
    this.#at = {
      ...this.#at,
      ...{ epoch: epoch + 1, batch: 0, sums: NO_SUMS, best, patience },
      random: { order: random.changes, changes: random.changes },
    };
    const kept = this.#keptEpochs;
    await this.#save(log, kept.includes(epoch) ? epoch : null);
    await this.#checkpoints.prune(kept);
  }

  /** The epochs whose checkpoints are kept: the best ones so far. */
  get #keptEpochs(): number[] {
    const { keepBest } = this.#options.config;
    return this.#at.best.slice(0, keepBest).map(({ epoch }) => epoch);
  }

  /** Whether the last checkpoint is old. */
  get #isDue(): boolean {
    const { checkpointMinutes } = this.#options.config;
    return checkpointMinutes > 0 && performance.now() - this.#saved >= 60_000 * checkpointMinutes;
  }

  /** Writes a checkpoint, and a copy for an epoch that is to be kept. */
  async #save(log: TrainLog, copyFor: number | null = null): Promise<void> {
    const tensors = await stateOf(this.#learner);
    const wrong = tensors.find(({ data }) => !data.every(Number.isFinite));
    if (wrong) {
      throw new Error(
        `The weights are not finite numbers after step ${
          this.#at.step - 1
        } (${wrong.name}); try a ` +
          `smaller learning rate, a warm-up or clipped gradients`,
      );
    }
    await log.sync();
    await this.#checkpoints.write({ tensors, metadata: this.#at }, copyFor);
    this.#saved = performance.now();
    this.#savedAt = this.#at.step;
  }
}

function summary({ accuracy, balancedAccuracy, maskIoU }: Metrics) {
  return { accuracy, balancedAccuracy, maskIoU };
}
