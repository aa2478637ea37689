/**
 * The training stage: faces with labels and landmarks in, a run folder with a trained network out.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";
import type { Backend } from "./backend.ts";
import { inBatches, makeBatch } from "./batches.ts";
import { type Face, loadFaces, type OnReject } from "./faces.ts";
import { buildNetwork, maskSize } from "./network.ts";
import type { TrainConfig } from "./presets.ts";
import { Random } from "./random.ts";
import type { FaceRecord } from "./record.ts";
import {
  CHECKPOINT_SCHEMA,
  type CheckpointMetadata,
  readCheckpoint,
  readTensors,
  writeCheckpoint,
} from "./train/checkpoint.ts";
import { Learner } from "./train/learner.ts";
import { type EpochLine, type Losses, type StepLine, TrainLog } from "./train/log.ts";
import { measure } from "./train/measure.ts";
import { repairLabels } from "./train/repair_labels.ts";
import {
  prepareRunFolder,
  readRunConfig,
  RUN_SCHEMA,
  type RunConfig,
  writeModel,
  writeRunConfig,
} from "./train/run_folder.ts";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /** Faces of the splits train and validation, with labels and points; others are passed over. */
  readonly records: AsyncIterable<FaceRecord>;
  /** The settings; see {@linkcode trainConfig}. */
  readonly config: TrainConfig;
  /** What computes; borrowed. */
  readonly backend: Backend;
  /** The run folder. */
  readonly out: string;
  /** Goes on with the run in `out` after its last checkpoint. */
  readonly resume?: boolean;
  /** Replaces the run in `out`. */
  readonly force?: boolean;
  /** Where the data came from, kept in `config.json`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Stops after the step at hand; the run can be resumed after its last whole epoch. */
  readonly signal?: AbortSignal;
  /** Called after each step with the images done and the images of all epochs. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Called after each epoch. */
  readonly onEpoch?: (line: EpochLine) => void;
  /** Hears of faces that are left out. */
  readonly onReject?: OnReject;
}

/** What a run came to. */
export interface TrainResult {
  /** The run folder. */
  readonly run: string;
  /** Faces trained on and validated on. */
  readonly faces: { readonly train: number; readonly validation: number };
  /** The epoch (from 0) whose weights are in `RUN/model`. */
  readonly bestEpoch: number;
  /** The last epoch's line of the log; null if a resumed run was complete already. */
  readonly last: EpochLine | null;
}

/** Steps between two read-backs of the losses: each one waits for the device. */
const STEPS_PER_READ = 8;

/**
 * Trains a network.
 *
 * Writes `config.json`, `log.ndjson` (a line a step and an epoch), `checkpoints/` (after each epoch the
 * state to resume from) and `model/` (the weights with the smallest attribute loss on the validation
 * split so far).
 *
 * @throws {Error} If the run folder exists and is not to be replaced or resumed, there are no faces to
 * train on, or a loss is not finite.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, backend, out } = options;
  await prepareRunFolder(out, options);
  if (options.resume) await checkSameRun(out, config);
  const faces = await gatherFaces(options);
  if (faces.train.length === 0) {
    throw new Error(
      "There are no faces to train on: the split train has none with labels and landmarks",
    );
  }
  const network = buildNetwork(config.network, config.seed);
  using learner = new Learner(backend, network, config);
  const session = new Session(options, learner, faces);
  if (options.resume) await session.restore();
  else await writeRunConfig(out, runConfig(options, faces));
  try {
    return await session.run();
  } finally {
    network.dispose();
  }
}

interface FaceSets {
  readonly train: Face[];
  readonly validation: Face[];
}

/** Decodes what is trained and validated on, once, at the size of the network's input. */
async function gatherFaces(options: TrainOptions): Promise<FaceSets> {
  const { config, signal } = options;
  const sets: FaceSets = { train: [], validation: [] };
  const reject = options.onReject ?? (() => {});
  const records = usable(options.records, reject);
  for await (const face of loadFaces(records, config.network.input, reject)) {
    signal?.throwIfAborted();
    const split = face.record.split as keyof FaceSets;
    sets[split].push(config.labelRepair ? repairLabels(face, maskSize(config.network)) : face);
  }
  return sets;
}

/** Records of the two splits that have points; the rest never has its image decoded. */
async function* usable(records: AsyncIterable<FaceRecord>, reject: OnReject) {
  for await (const record of records) {
    if (record.split !== "train" && record.split !== "validation") continue;
    if (record.rejected === null && record.points === null) reject(record, "it has no landmarks");
    else yield record;
  }
}

/** One run of {@linkcode train}, epoch by epoch. */
class Session {
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
    const { config, signal, onProgress } = this.#options;
    const { train, validation } = this.#faces;
    const mask = maskSize(config.network);
    const learningRate = config.learningRate * config.learningRateDecay ** this.#epoch;
    this.#learner.optimizer.learningRate = learningRate;
    const order = this.#random.shuffle([...train]);
    const reader = new LossReader(log, this.#epoch, learningRate);
    const started = performance.now();
    let waited = 0;
    let done = 0;
    for (const faces of inBatches(order, config.batch)) {
      signal?.throwIfAborted();
      const before = performance.now();
      const { input } = config.network;
      const batch = makeBatch(faces, input, mask, config.augmentation, this.#random);
      waited += performance.now() - before;
      reader.add(this.#step++, this.#learner.step(batch), faces);
      // On wasm nothing else would let Ctrl-C be heard before the epoch ends.
      await setTimeout(0);
      if (reader.pending >= STEPS_PER_READ) await reader.read();
      done += faces.length;
      onProgress?.(this.#epoch * train.length + done, config.epochs * train.length);
    }
    await reader.read();
    const seconds = (performance.now() - started) / 1000;
    const measured = validation.length === 0 ? null : await measure(this.#learner, validation, {
      split: "validation",
      batch: config.batch,
      input: config.network.input,
      mask,
      signal,
    });
    return {
      type: "epoch",
      epoch: this.#epoch,
      learningRate,
      seconds,
      imagesPerSecond: train.length / seconds,
      waitShare: waited / 1000 / seconds,
      train: reader.mean(),
      validation: measured && { ...measured.losses, ...summary(measured.metrics) },
    };
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

/** Collects the losses of some steps and reads them back together. */
class LossReader {
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

  get pending(): number {
    return this.#steps.length;
  }

  add(step: number, values: tf.Tensor1D, faces: readonly Face[]): void {
    this.#steps.push({ step, values, faces });
  }

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

function summary(metrics: Record<"accuracy" | "balancedAccuracy" | "maskIoU", number | null>) {
  const { accuracy, balancedAccuracy, maskIoU } = metrics;
  return { accuracy, balancedAccuracy, maskIoU };
}

function runConfig(options: TrainOptions, faces: FaceSets): RunConfig {
  const { config, backend, data = {} } = options;
  return {
    schema: RUN_SCHEMA,
    ...config,
    mask: maskSize(config.network),
    backend: backend.name,
    created: new Date().toISOString(),
    versions: { deno: Deno.version.deno, tfjs: tf.version_core },
    data: { ...data, train: faces.train.length, validation: faces.validation.length },
  };
}

/** A run is resumed with the settings it was started with; epochs alone may grow. */
async function checkSameRun(out: string, config: TrainConfig): Promise<void> {
  const saved = await readRunConfig(out) as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(config)) {
    if (name === "epochs" || JSON.stringify(saved[name]) === JSON.stringify(value)) continue;
    throw new Error(
      `Cannot resume ${out}: it was started with ${name} ${JSON.stringify(saved[name])}, ` +
        `not ${JSON.stringify(value)}`,
    );
  }
}
