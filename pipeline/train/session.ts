/**
 * One training run, epoch by epoch, from its start or from its last checkpoint.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import { type Batch, inBatches, loadBatch } from "../batches.ts";
import type { Face } from "../faces.ts";
import { maskSize } from "../network.ts";
import { Random } from "../random.ts";
import type { TrainOptions, TrainResult } from "../train.ts";
import {
  CHECKPOINT_SCHEMA,
  type CheckpointMetadata,
  readCheckpoint,
  readTensors,
  writeCheckpoint,
} from "./checkpoint.ts";
import type { Learner } from "./learner.ts";
import { type EpochLine, TrainLog } from "./log.ts";
import { LossReader } from "./loss_reader.ts";
import { measure } from "./measure.ts";
import { writeModel } from "./run_folder.ts";

/** The faces of a run. */
export interface FaceSets {
  readonly train: Face[];
  readonly validation: Face[];
}

/** A run; it borrows the learner. */
export class Session {
  readonly #options: TrainOptions;
  readonly #learner: Learner;
  readonly #faces: FaceSets;
  #random: Random;
  #epoch = 0;
  #step = 0;
  #best: CheckpointMetadata["best"] = null;

  constructor(options: TrainOptions, learner: Learner, faces: FaceSets) {
    this.#options = options;
    this.#learner = learner;
    this.#faces = faces;
    this.#random = new Random(options.config.seed);
  }

  /** Goes back to the last checkpoint. */
  async restore(): Promise<void> {
    const path = checkpointPath(this.#options.out);
    const { tensors, metadata } = await readCheckpoint(path);
    const named = new Map(tensors.map(({ name, shape, data }) => [name, tf.tensor(data, shape)]));
    for (const weight of this.#learner.network.weights) {
      const saved = named.get(weight.originalName);
      if (!saved) {
        throw new SyntaxError(`Cannot resume from ${path}: it lacks ${weight.originalName}`);
      }
      (weight.read() as tf.Variable).assign(saved);
    }
    // A variable's own name depends on what else the process has built; its original name does not.
    const velocities = this.#learner.network.trainableWeights.map((weight) => {
      const saved = named.get(VELOCITY + weight.originalName);
      if (!saved) throw new SyntaxError(`Cannot resume from ${path}: it lacks a velocity`);
      return [(weight.read() as tf.Variable).name, saved.clone()] as const;
    });
    this.#learner.optimizer.restore(new Map(velocities));
    tf.dispose([...named.values()]);
    this.#epoch = metadata.epoch;
    this.#step = metadata.step;
    this.#best = metadata.best;
    this.#random = Random.restore(metadata.random);
  }

  /** Trains the epochs that are left. */
  async run(): Promise<TrainResult> {
    const { config, out, onEpoch } = this.#options;
    using log = await TrainLog.open(out, this.#epoch);
    let last: EpochLine | null = null;
    while (this.#epoch < config.epochs) {
      last = await this.#runEpoch(log);
      log.write(last);
      onEpoch?.(last);
      await this.#keep(last);
    }
    const { train, validation } = this.#faces;
    const faces = { train: train.length, validation: validation.length };
    return { run: out, faces, bestEpoch: this.#best?.epoch ?? config.epochs - 1, last };
  }

  async #runEpoch(log: TrainLog): Promise<EpochLine> {
    const { config, signal, onReject } = this.#options;
    const { validation } = this.#faces;
    const learningRate = config.learningRate * config.learningRateDecay ** this.#epoch;
    this.#learner.optimizer.learningRate = learningRate;
    const reader = new LossReader(log, this.#epoch, learningRate);
    const started = performance.now();
    const waited = await this.#takeSteps(reader);
    const seconds = (performance.now() - started) / 1000;
    if (reader.images === 0) throw new Error("None of the images to train on can be read any more");
    const measured = validation.length === 0 ? null : await measure(this.#learner, validation, {
      split: "validation",
      batch: config.batch,
      input: config.network.input,
      mask: maskSize(config.network),
      signal,
      onReject,
    });
    return {
      type: "epoch",
      epoch: this.#epoch,
      learningRate,
      seconds,
      imagesPerSecond: reader.images / seconds,
      waitShare: waited / seconds,
      train: reader.mean(),
      validation: measured && { ...measured.losses, ...summary(measured.metrics) },
    };
  }

  /** Takes a step on each batch of the training faces; returns the seconds that steps waited for data. */
  async #takeSteps(reader: LossReader): Promise<number> {
    const { config, signal, onProgress } = this.#options;
    const { train } = this.#faces;
    const batches = [...inBatches(this.#random.shuffle([...train]), config.batch)];
    let waited = 0;
    let done = 0;
    let next = this.#prepare(batches[0]!);
    for (const [index, { length }] of batches.entries()) {
      const asked = performance.now();
      // On wasm nothing else would let Ctrl-C be heard, and files be read, before the epoch ends.
      await setTimeout(0);
      const batch = await next;
      waited += performance.now() - asked;
      signal?.throwIfAborted();
      if (batch.faces.length > 0) {
        reader.add(this.#step++, this.#learner.step(batch), batch.faces);
      }
      // The next batch is read while the device works on this one.
      if (batches[index + 1]) next = this.#prepare(batches[index + 1]!);
      if (reader.isDue) await reader.read();
      done += length;
      onProgress?.(this.#epoch * train.length + done, config.epochs * train.length);
    }
    await reader.read();
    this.#learner.check();
    return waited / 1000;
  }

  /** Makes a batch with its random changes. */
  #prepare(faces: readonly Face[]): Promise<Batch> {
    const { config: { network, augmentation }, onReject = () => {} } = this.#options;
    const plan = { input: network.input, mask: maskSize(network), augmentation };
    const batch = loadBatch(faces, plan, this.#random, onReject);
    // Whoever awaits it hears of a failure; a run that is stopped before that must not die of it.
    batch.catch(() => {});
    return batch;
  }

  /** Ends an epoch: a better model is written, then the checkpoint from which a run resumes. */
  async #keep(line: EpochLine): Promise<void> {
    const { out } = this.#options;
    // By the attributes alone: the masks are a means, and their loss in inference starts out small for as
    // long as the moving statistics are still near where they began.
    const loss = (line.validation ?? line.train).attributeLoss;
    if (!this.#best || loss < this.#best.loss) {
      this.#best = { loss, epoch: this.#epoch };
      await writeModel(out, this.#learner.network);
    }
    this.#epoch++;
    const weights = this.#learner.network.weights
      .map((weight) => [weight.originalName, weight.read()] as const);
    const { velocities } = this.#learner.optimizer;
    const saved = this.#learner.network.trainableWeights.map((weight) =>
      [
        VELOCITY + weight.originalName,
        velocities.get((weight.read() as tf.Variable).name)!,
      ] as const
    );
    await writeCheckpoint(checkpointPath(out), {
      tensors: await readTensors([...weights, ...saved]),
      metadata: {
        schema: CHECKPOINT_SCHEMA,
        epoch: this.#epoch,
        step: this.#step,
        random: this.#random.state,
        best: this.#best,
      },
    });
  }
}

/** Prefix of the optimiser's velocities in a checkpoint. */
const VELOCITY = "velocity/";

function checkpointPath(run: string): string {
  return join(run, "checkpoints", "last.safetensors");
}

function summary(metrics: Record<"accuracy" | "balancedAccuracy" | "maskIoU", number | null>) {
  const { accuracy, balancedAccuracy, maskIoU } = metrics;
  return { accuracy, balancedAccuracy, maskIoU };
}
