/**
 * What a training run is made of, and the two presets: the reference's network and a small one.
 *
 * @module
 */

import type { NetworkConfig } from "./network.ts";
import type { TargetSettings } from "./train/loss_targets.ts";

/** Everything that decides a training run besides its data; written to `RUN/config.json`. */
export interface TrainConfig extends TargetSettings {
  /** The preset that the settings started from. */
  readonly preset: PresetName;
  /** Sizes of the network. */
  readonly network: NetworkConfig;
  /** Passes over the training split. */
  readonly epochs: number;
  /** Images a step. */
  readonly batch: number;
  /** Learning rate of the first epoch. */
  readonly learningRate: number;
  /** The learning rate's factor from one epoch to the next. */
  readonly learningRateDecay: number;
  /** Share of the last step's velocity that is kept. */
  readonly momentum: number;
  /** Share of each parameter added to its gradient. */
  readonly weightDecay: number;
  /** λ: weight of the mask loss beside the attribute loss. */
  readonly segmentationWeight: number;
  /** Random changes to the training images. */
  readonly augmentation: Augmentation;
  /** Whether a positive label whose mask is empty counts as negative, as in the reference. */
  readonly labelRepair: boolean;
  /** Decides initial weights, order and augmentation. */
  readonly seed: number;
}

/** Random changes to a training image and, alike, to its masks. */
export interface Augmentation {
  /** Whether half of the images are mirrored. */
  readonly flip: boolean;
  /** Largest shift of the crop to each side, in pixels of the network's input. */
  readonly shift: number;
}

/** The frame in which masks are drawn: CelebA's aligned images. */
export const FRAME = { height: 218, width: 178 } as const;

/** Names of the presets. */
export type PresetName = keyof typeof PRESETS;

/** The layers of the reference. */
const PAPER_NETWORK = { architecture: "plain", maskHead: "shared" } as const;

/** The targets of the reference: masks of positive labels alone, everything weighted alike. */
const PAPER_TARGETS = { maskTarget: "label", maskBalance: false, classBalance: false } as const;

/**
 * `paper`: the network and the settings of the reference in their last form.
 * `lite`: the same layers on half the side with an eighth of the channels (rounded to what the kernels
 * read at once), for two cores and no GPU. Few epochs of small batches suit its short runs.
 */
export const PRESETS = {
  paper: {
    network: {
      ...PAPER_NETWORK,
      input: { height: 218, width: 178 },
      widths: [75, 200, 300, 512, 512],
    },
    epochs: 50,
    batch: 40,
    learningRate: 0.01,
    learningRateDecay: 0.9,
    momentum: 0.9,
    weightDecay: 1e-4,
    segmentationWeight: 1,
    augmentation: { flip: true, shift: 8 },
    labelRepair: false,
    ...PAPER_TARGETS,
  },
  lite: {
    network: {
      ...PAPER_NETWORK,
      input: { height: 109, width: 89 },
      widths: [8, 24, 40, 64, 64],
    },
    epochs: 6,
    batch: 16,
    learningRate: 0.01,
    learningRateDecay: 0.9,
    momentum: 0.9,
    weightDecay: 1e-4,
    segmentationWeight: 1,
    augmentation: { flip: true, shift: 4 },
    labelRepair: false,
    ...PAPER_TARGETS,
  },
  residual: {
    network: {
      architecture: "residual",
      maskHead: "shared",
      input: { height: 109, width: 89 },
      widths: [16, 32, 64, 64],
    },
    epochs: 6,
    batch: 16,
    learningRate: 0.01,
    learningRateDecay: 0.9,
    momentum: 0.9,
    weightDecay: 1e-4,
    segmentationWeight: 1,
    augmentation: { flip: true, shift: 4 },
    labelRepair: false,
    ...PAPER_TARGETS,
  },
} as const satisfies Record<string, Omit<TrainConfig, "preset" | "seed">>;

/** The seed of the reference. */
export const DEFAULT_SEED = 64;

/** Settings that replace a preset's. */
export type TrainOverrides = { readonly [K in keyof Omit<TrainConfig, "preset">]?: TrainConfig[K] };

/**
 * A preset with some settings replaced.
 *
 * @throws {RangeError} If a setting is out of its range.
 */
export function trainConfig(preset: PresetName, overrides: TrainOverrides = {}): TrainConfig {
  const config: TrainConfig = { preset, seed: DEFAULT_SEED, ...PRESETS[preset], ...overrides };
  const positive = ["epochs", "batch", "learningRate", "learningRateDecay"] as const;
  for (const name of positive) {
    if (!(config[name] > 0)) throw new RangeError(`${name} must be above 0, got ${config[name]}`);
  }
  for (const name of ["momentum", "weightDecay", "segmentationWeight"] as const) {
    if (!(config[name] >= 0)) throw new RangeError(`${name} must not be negative`);
  }
  for (const name of ["epochs", "batch"] as const) {
    if (!Number.isInteger(config[name])) {
      throw new RangeError(`${name} must be a whole number, got ${config[name]}`);
    }
  }
  return config;
}
