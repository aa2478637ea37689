/**
 * What decides a training run, and what is known of each setting.
 *
 * @module
 */

import type { MaskLoss } from "../../../kernels/joint_loss.ts";
import type { OptimizerSettings } from "../../../kernels/tfjs/optimizer.ts";
import type { NetworkConfig } from "../network.ts";
import type { TargetSettings } from "../../compute/loss_targets.ts";
import type { NarrowSettings } from "../../compute/narrow_targets.ts";
import type { ScheduleSettings } from "../../train/schedule.ts";
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
  /** What maps are measured by. */
  readonly maskLoss: MaskLoss;
  /** Random changes to the training images. */
  readonly augmentation: Augmentation;
  /** Whether a positive label whose mask is empty counts as negative, as in the reference. */
  readonly labelRepair: boolean;
  /** Epochs from one validation to the next; the last epoch has one in any case. */
  readonly validateEvery: number;
  /** Validations without a better one after which the run ends; 0 for all epochs. */
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

/** Random changes to a training image and, alike, to its masks. */
export interface Augmentation {
  /** Whether half of the images are mirrored. */
  readonly flip: boolean;
  /** Largest shift of the crop to each side, in pixels of the network's input. */
  readonly shift: number;
}

/** The parts of a configuration that are objects of settings, and none themselves. */
export const GROUPS = ["network", "augmentation"] as const;
/** The name of such a part. */
export type Group = typeof GROUPS[number];

/** All settings by their own names, those of groups among the others. */
export type Settings = Omit<TrainConfig, Group | "preset"> & NetworkConfig & Augmentation;

/** One setting. */
export interface Setting<T> {
  /** What its values are. */
  readonly kind: ValueKind<T>;
  /** The part of the configuration that it stands in. */
  readonly group?: Group;
  /** Its value where the preset has none; absent where every preset has one. */
  readonly fallback?: T;
  /** Key of its option on the command line; absent where only a file has it. */
  readonly option?: string;
  /** What it does, for help. */
  readonly help?: string;
  /** Whether a run that goes on may have another one. */
  readonly isFree?: boolean;
}
