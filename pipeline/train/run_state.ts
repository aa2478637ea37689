/** The state of a training run, and when it is written down. */

import { Random } from "../numbers/random.ts";
import type { TrainOptions } from "./options.ts";
import type { CheckpointMetadata, EpochSums } from "./checkpoints/checkpoint.ts";
import { CheckpointFolder } from "./checkpoints/checkpoint_folder.ts";
import type { Learner } from "../compute/learner.ts";
import { restoreState, stateOf } from "./checkpoints/learner_state.ts";
import { stepsIn, type TrainLog } from "./files/log.ts";
import { FRESH } from "./schedule.ts";

const NO_SUMS: EpochSums = { losses: [0, 0, 0], images: 0, seconds: 0, waited: 0 };

/** The state of a run, from its start or from its last checkpoint on; it borrows the learner. */
export class RunState {
  readonly #options: TrainOptions;
  readonly #learner: Learner;
  readonly #checkpoints: CheckpointFolder;
  #at: CheckpointMetadata;
  /** When the last checkpoint was written, in milliseconds. */
  #saved = performance.now();
  #savedAt: number | null = null;

  constructor(options: TrainOptions, learner: Learner) {
    this.#options = options;
    this.#learner = learner;
    this.#checkpoints = new CheckpointFolder(options.out);
    const { state } = new Random(options.config.seed);
    this.#at = {
      ...{ epoch: 0, batch: 0, step: 0, random: { order: state, changes: state } },
      ...{ sums: NO_SUMS, best: [], patience: FRESH },
    };
  }

  /** What the next checkpoint says. */
  get at(): CheckpointMetadata {
    return this.#at;
  }

  /** Steps that were done at the last checkpoint; null before the first one. */
  get savedAt(): number | null {
    return this.#savedAt;
  }

  /** Goes back to the last checkpoint, or to the start if the run was stopped before the first one. */
  async restore(): Promise<void> {
    const { log, out } = this.#options;
    const checkpoint = await this.#checkpoints.read(log, await stepsIn(out));
    if (!checkpoint) return;
    const { tensors, metadata } = checkpoint;
    restoreState(this.#learner, tensors, metadata.step);
    this.#at = metadata;
    this.#savedAt = metadata.step;
    // The process that wrote it may have been killed before it came to that.
    await this.#checkpoints.prune(this.#keptEpochs);
  }

  /** Goes on within an epoch. */
  move(to: Partial<CheckpointMetadata>): void {
    this.#at = { ...this.#at, ...to };
  }

  /** Goes on to the next epoch, and writes the checkpoint from which a run resumes there. */
  async endEpoch(
    losses: Pick<CheckpointMetadata, "best" | "patience">,
    log: TrainLog,
  ): Promise<void> {
    const { epoch, random } = this.#at;
    this.move({
      ...{ ...losses, epoch: epoch + 1, batch: 0, sums: NO_SUMS },
      random: { order: random.changes, changes: random.changes },
    });
    const kept = this.#keptEpochs;
    await this.save(log, kept.includes(epoch) ? epoch : null);
    await this.#checkpoints.prune(kept);
  }

  /** Whether the last checkpoint is old. */
  get isSaveDue(): boolean {
    const { checkpointMinutes } = this.#options.config;
    return checkpointMinutes > 0 && performance.now() - this.#saved >= 60_000 * checkpointMinutes;
  }

  /**
   * Writes a checkpoint, and a copy for an epoch that is to be kept.
   *
   * @throws {Error} If a weight is not finite, or nothing can be written.
   */
  async save(log: TrainLog, copyFor: number | null = null): Promise<void> {
    const tensors = await stateOf(this.#learner);
    const wrong = tensors.find(({ data }) => !data.every(Number.isFinite));
    if (wrong) throw notFinite(wrong.name, this.#at.step - 1);
    await log.sync();
    await this.#checkpoints.write({ tensors, metadata: this.#at }, copyFor);
    this.#saved = performance.now();
    this.#savedAt = this.#at.step;
  }

  /** The epochs whose checkpoints are kept: the best ones so far. */
  get #keptEpochs(): number[] {
    const { keepBest } = this.#options.config;
    return this.#at.best.slice(0, keepBest).map(({ epoch }) => epoch);
  }
}

function notFinite(name: string, step: number): Error {
  return new Error(
    `The weights are not finite numbers after step ${step} (${name}); try a smaller learning rate, a ` +
      `warm-up or clipped gradients`,
  );
}
