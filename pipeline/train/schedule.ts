/** The learning rate of every step. */

import type { ScheduleSettings, TrainConfig } from "../network/settings.ts";

/** Where a training stands before a step. */
export interface Moment {
  /** Steps that are done. */
  readonly step: number;
  /** Epochs that are done. */
  readonly epoch: number;
  /** Steps of a whole epoch. */
  readonly stepsPerEpoch: number;
  /** How often a plateau has been met. */
  readonly plateaus: number;
}

/** The learning rate of the next step. */
export function learningRateAt(settings: ScheduleSettings, moment: Moment): number {
  const { learningRate, learningRateDecay, decayEvery, epochs, warmup } = settings;
  const { step, epoch, stepsPerEpoch, plateaus } = moment;
  const rising = warmup.unit === "steps" ? warmup.count : warmup.count * stepsPerEpoch;
  const cosine = () => {
    const share = Math.max(step - rising, 0) / Math.max(epochs * stepsPerEpoch - rising, 1);
    return (1 + Math.cos(Math.PI * Math.min(share, 1))) / 2;
  };
  const decays: Record<ScheduleSettings["schedule"], () => number> = {
    constant: () => 1,
    step: () => learningRateDecay ** Math.floor(epoch / decayEvery),
    exponential: () => learningRateDecay ** epoch,
    plateau: () => learningRateDecay ** plateaus,
    cosine,
  };
  const rate = learningRate * decays[settings.schedule]();
  return step + 1 < rising ? rate * (step + 1) / rising : rate;
}

/** Steps of an epoch of so many faces. */
export function stepsPerEpoch(
  faces: number,
  { batch, accumulate }: Pick<TrainConfig, "batch" | "accumulate">,
): number {
  return Math.ceil(Math.ceil(faces / batch) / accumulate);
}

/** How long validation has not improved. */
export interface Patience {
  /** Validations since the best one. */
  readonly sinceBest: number;
  /** Validations since the best one or the last plateau. */
  readonly sincePlateau: number;
  /** How often a plateau has been met. */
  readonly plateaus: number;
}

/** Before the first validation. */
export const FRESH: Patience = { sinceBest: 0, sincePlateau: 0, plateaus: 0 };

/** After one more validation. */
export function afterValidation(
  { sinceBest, sincePlateau, plateaus }: Patience,
  isBest: boolean,
  decayEvery: number,
): Patience {
  if (isBest) return { sinceBest: 0, sincePlateau: 0, plateaus };
  const isPlateau = sincePlateau + 1 >= decayEvery;
  return {
    sinceBest: sinceBest + 1,
    sincePlateau: isPlateau ? 0 : sincePlateau + 1,
    plateaus: plateaus + (isPlateau ? 1 : 0),
  };
}

/** Whether that is as long as is waited; 0 waits for ever. */
export function isSpent(
  { sinceBest }: Patience,
  { patience }: Pick<TrainConfig, "patience">,
): boolean {
  return patience > 0 && sinceBest >= patience;
}
