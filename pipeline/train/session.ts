/** One training run, epoch by epoch, from its start or from its last checkpoint. */

import { DeviceLost } from "../../kernels/webgpu/gpu.ts";
import { failureOf } from "../compute/backend.ts";
import type { FaceCount } from "../face/face_count.ts";
import type { OnReject } from "../face/faces.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { maskSize } from "../network/network.ts";
import { maskPrior } from "../network/mask_prior.ts";
import type { RunPictures } from "./faces/run_pictures.ts";
import type { FaceSets } from "./faces/choose_faces.ts";
import type { TrainOptions, TrainResult } from "./options.ts";
import { EpochSteps } from "./epoch_steps.ts";
import type { Learner } from "../compute/learner.ts";
import { writeCard } from "./card/card_files.ts";
import { type EpochLine, TrainLog } from "./files/log.ts";
import { LossReader } from "./loss_reader.ts";
import { lostInTraining } from "./lost_in_training.ts";
import { measure } from "./measure.ts";
import { writeModel } from "./files/model_folder.ts";
import { afterValidation, isSpent } from "./schedule.ts";
import { RunState } from "./run_state.ts";
import { StepWatch } from "./step_times.ts";

/** The faces, and what became of those that came. */
interface CountedFaces extends FaceSets {
  readonly counts: readonly FaceCount[];
  readonly reject: OnReject;
}

/** A run; it borrows the learner. */
export class Session {
  readonly #options: TrainOptions;
  readonly #learner: Learner;
  readonly #faces: CountedFaces;
  readonly #pictures: RunPictures;
  readonly #runState: RunState;
  readonly #steps: EpochSteps;
  readonly #watch: StepWatch;

  constructor(
    options: TrainOptions,
    learner: Learner,
    faces: CountedFaces,
    pictures: RunPictures,
  ) {
    this.#options = options;
    this.#learner = learner;
    this.#faces = faces;
    this.#pictures = pictures;
    this.#runState = new RunState(options, learner);
    // Timestamps on the device cost a read-back, so they are taken where somebody listens only.
    this.#watch = new StepWatch(options.onTimes ? options.backend.gpu : null);
    const [runState, watch] = [this.#runState, this.#watch];
    this.#steps = new EpochSteps(options, learner, faces, { runState, watch, pictures });
  }

  /** Goes back to the last checkpoint, or to the start if the run was stopped before the first one. */
  async restore(): Promise<void> {
    await this.#runState.restore();
  }

  /** Images that were trained on before. */
  get imagesDone(): number {
    return this.#steps.imagesAfter(this.#runState.at.batch);
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
      const { at, savedAt } = this.#runState;
      throw lostInTraining(failure, at.step, savedAt);
    }
  }

  async #runEpochs(): Promise<TrainResult> {
    const { config, out, onEpoch, onTimes } = this.#options;
    using _ = this.#watch;
    using log = await TrainLog.open(out, this.#runState.at);
    const counts = [...this.#options.counts ?? [], ...this.#faces.counts];
    log.writeCounts(counts);
    let last: EpochLine | null = null;
    const isOver = () => {
      const { epoch, patience } = this.#runState.at;
      return epoch >= config.epochs || isSpent(patience, config);
    };
    while (!isOver()) {
      last = await this.#runEpoch(log);
      log.write(last);
      onEpoch?.(last);
      const times = await this.#watch.take();
      if (times) onTimes?.(times);
      await this.#endEpoch(last, log);
    }
    const { epoch, best } = this.#runState.at;
    const { train, validation } = this.#faces;
    const faces = { train: train.length, validation: validation.length };
    return { run: out, faces, counts, epochs: epoch, bestEpoch: best[0]?.epoch ?? epoch - 1, last };
  }

  async #runEpoch(log: TrainLog): Promise<EpochLine> {
    const reader = new LossReader(log, this.#runState.at.sums);
    await this.#steps.take(reader, log);
    if (reader.images === 0) throw new Error("None of the images to train on can be read any more");
    const { epoch, step, sums: { seconds, waited } } = this.#runState.at;
    return {
      type: "epoch",
      epoch,
      learningRate: this.#steps.learningRateOf(step - 1),
      seconds,
      imagesPerSecond: reader.images / seconds,
      waitShare: waited / seconds,
      train: reader.mean(),
      validation: await this.#validate(log),
    };
  }

  async #validate(log: TrainLog): Promise<EpochLine["validation"]> {
    const { config, signal } = this.#options;
    const { validation, reject } = this.#faces;
    const epochs = this.#runState.at.epoch + 1;
    const isDue = epochs % config.validateEvery === 0 || epochs === config.epochs;
    if (validation.length === 0 || !isDue) return null;
    try {
      const { losses, metrics } = await measure(this.#learner, validation, {
        split: "validation",
        batch: config.batch,
        input: config.network.input,
        mask: maskSize(config.network),
        learnt: config.attributes,
        prior: await maskPrior(this.#learner.network),
        signal,
        pixelsOf: (face) => this.#pictures.pixelsOf(face),
        onReject: reject,
      });
      return { ...losses, ...summary(metrics) };
    } catch (error) {
      if (signal?.aborted) await this.#runState.save(log);
      throw error;
    }
  }

  /** Ends an epoch: a better model is written, then the checkpoint from which a run resumes. */
  async #endEpoch({ validation, train }: EpochLine, log: TrainLog): Promise<void> {
    const { out, config: { keepBest, decayEvery } } = this.#options;
    const { epoch } = this.#runState.at;
    let { best, patience } = this.#runState.at;
    const measured = validation ?? (this.#faces.validation.length === 0 ? train : null);
    if (measured) {
      // By the attributes alone: the masks are a means, and their loss in inference starts out small for as
      // long as the moving statistics are still near where they began.
      const loss = measured.attributeLoss;
      const isBest = best.length === 0 || loss < best[0]!.loss;
      if (isBest) {
        // Before the network, so that no measures of an older one stand beside it.
        await writeCard(out, null);
        await writeModel(out, this.#learner.network);
      }
      patience = afterValidation(patience, isBest, decayEvery);
      best = [...best, { epoch, loss }]
        .sort((a, b) => a.loss - b.loss)
        .slice(0, Math.max(keepBest, 1));
    }
    await this.#runState.endEpoch({ best, patience }, log);
  }
}

function summary(metrics: Metrics) {
  const { accuracy, balancedAccuracy, localisationIoU, priorIoU, pointing, maskIoU } = metrics;
  return { accuracy, balancedAccuracy, localisationIoU, priorIoU, pointing, maskIoU };
}
