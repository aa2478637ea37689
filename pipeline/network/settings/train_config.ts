/** What decides a training run, and what is known of each setting. */

import type { MaskLoss } from "../../../kernels/joint_loss.ts";
import type { OptimizerSettings } from "../../../kernels/tfjs/optimizer.ts";
import type { Attribute } from "../../face/attributes.ts";
import type { Augmentation } from "../../face/batches.ts";
import type { NetworkConfig } from "../network.ts";
import type { ValueKind } from "./values.ts";

/** Names of the presets. */
export type PresetName = "paper" | "lite" | "residual";

/** Everything that decides a training run besides its data; written to `RUN/config.json`. */
export interface TrainConfig
  extends TargetSettings, NarrowSettings, OptimizerSettings, ScheduleSettings {
  /** The preset that the settings started from. */
  readonly preset: PresetName;
  /** Sizes of the network. */
  readonly network: NetworkConfig;
  /** Images a batch. */
  readonly batch: number;
  /** Batches a step: their gradients are averaged over all images, and each is normalised by itself. */
  readonly accumulate: number;
  /** λ: weight of the mask loss beside the attribute loss. */
  readonly segmentationWeight: number;
  /** Loss of the maps. */
  readonly maskLoss: MaskLoss;
  /** Random changes to the training images. */
  readonly augmentation: Augmentation;
  /** Whether a positive label whose mask is empty counts as negative, as in the reference. */
  readonly labelRepair: boolean;
  /** Epochs from one validation to the next; the last epoch has one in any case. */
  readonly validateEvery: number;
  /** Validations without improvement after which the run ends; 0 for all epochs. */
  readonly patience: number;
  /** Share of the faces of the two splits that may be missing, a single one always unless it is 0. */
  readonly allowMissing: number;
  /** The run whose weights it starts from, instead of random ones. */
  readonly from: string | null;
  /** Whether factors of products are rounded to half precision; for adapters with `shader-f16`. */
  readonly f16: boolean;
  /** MiB of a graphics card's memory that the training images may take, where they then stay; 0 for none. */
  readonly deviceImages: number;
  /** Decides initial weights, order and augmentation. */
  readonly seed: number;
  /** Checkpoints kept of the epochs with the smallest validation loss. */
  readonly keepBest: number;
  /** Minutes from one checkpoint within an epoch to the next; 0 for none but after epochs. */
  readonly checkpointMinutes: number;
}

/** The learning-rate schedule; part of a run's configuration. */
export interface ScheduleSettings {
  /** Learning rate after the warm-up, before it decays. */
  readonly learningRate: number;
  /**
   * `constant`: no decay. `step`: by the factor every so many epochs. `exponential`: by the factor every
   * epoch. `plateau`: by the factor when validation has not improved for so long. `cosine`: by half a wave
   * from step to step, to zero at the end of the last epoch.
   */
  readonly schedule: "constant" | "step" | "exponential" | "plateau" | "cosine";
  /** The learning rate's factor from one decay to the next. */
  readonly learningRateDecay: number;
  /** For `step`, epochs from one decay to the next; for `plateau`, validations without a better one. */
  readonly decayEvery: number;
  /** Linear warm-up, in steps or epochs. */
  readonly warmup: Warmup;
  /** Passes over the training split. */
  readonly epochs: number;
}

/** A length of training. */
export interface Warmup {
  /** How many; epochs need not be whole. */
  readonly count: number;
  /** Of what. */
  readonly unit: "steps" | "epochs";
}

/** How labels and regions become targets, and their weights; part of a run's configuration. */
export interface TargetSettings {
  /**
   * `label`: a map is to show the regions of an attribute that the face has, and nothing else. `region`: it
   * is to show them whether the face has it or not, which leaves *which* to the logits.
   */
  readonly maskTarget: "label" | "region";
  /** Whether the maps of faces that have an attribute count together as much as those of faces without. */
  readonly maskBalance: boolean;
  /** The same for the labels. */
  readonly classBalance: boolean;
}

/** Which targets count; part of a run's configuration. */
export interface NarrowSettings {
  /** Attributes that are learnt. The network answers for all, but for the others by chance. */
  readonly attributes: readonly Attribute[];
  /** Label smoothing: with 0.1, 0 becomes 0.05 and 1 becomes 0.95. */
  readonly labelSmoothing: number;
}

/** The parts of a configuration that are objects of settings, and none themselves. */
export const GROUPS = ["network", "augmentation"] as const;
export type Group = typeof GROUPS[number];

/** All settings by their own names, those of groups among the others. */
export type Settings = Omit<TrainConfig, Group | "preset"> & NetworkConfig & Augmentation;

export interface Setting<T> {
  readonly kind: ValueKind<T>;
  /** The part of the configuration that it stands in. */
  readonly group?: Group;
  /** Its value where the preset has none; absent where every preset has one. */
  readonly fallback?: T;
  /** Key of its option on the command line; absent where only a file has it. */
  readonly option?: string;
  readonly help?: string;
  /** Whether a resumed run may change it. */
  readonly isFree?: boolean;
}
