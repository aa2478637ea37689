/** The presets: the reference's network and settings, and small ones. */

import type { NetworkConfig } from "./network.ts";
import {
  configOf,
  flatten,
  type GivenSettings,
  type PresetName,
  type TrainConfig,
} from "./settings.ts";
import type { Augmentation } from "../face/batches.ts";

/** The layers of the reference. */
const PAPER_NETWORK = { architecture: "plain", maskHead: "shared" } as const;

/** The steps and the losses of the reference: masks of positive labels alone, everything weighted alike. */
const PAPER_RECIPE = {
  learningRate: 0.01,
  learningRateDecay: 0.9,
  momentum: 0.9,
  weightDecay: 1e-4,
  segmentationWeight: 1,
  maskTarget: "label",
  maskBalance: false,
  classBalance: false,
  labelRepair: false,
} as const;

/**
 * `paper`: the network and the settings of the reference in their last form.
 * `lite`: the same layers on half the side with an eighth of the channels (rounded to what the kernels
 * read at once), for two cores and no GPU. Few epochs of small batches suit its short runs.
 * `residual`: for the same machines, with blocks of two convolutions and two thirds of the arithmetic, and the
 * default. Its masks have a head with context, begin at the mean mask, and show regions whether a face has
 * the attribute or not; steps are AdamW's, at a rate that falls fast (trials: docs/performance.md).
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
    ...PAPER_RECIPE,
    augmentation: { flip: true, shift: 8 },
  },
  lite: {
    network: {
      ...PAPER_NETWORK,
      input: { height: 109, width: 89 },
      widths: [8, 24, 40, 64, 64],
    },
    epochs: 6,
    batch: 16,
    ...PAPER_RECIPE,
    augmentation: { flip: true, shift: 4 },
  },
  residual: {
    network: {
      architecture: "residual",
      maskHead: "context",
      input: { height: 109, width: 89 },
      widths: [16, 32, 64, 64],
    },
    epochs: 8,
    batch: 16,
    ...PAPER_RECIPE,
    optimizer: "adamw",
    learningRate: 0.003,
    // To a twelfth in its eight epochs. Not cosine, under which a run could not go on for more of them.
    learningRateDecay: 0.7,
    weightDecay: 0.01,
    augmentation: { flip: true, shift: 4 },
    maskTarget: "region",
    maskLoss: "bce+dice",
  },
} as const satisfies Record<PresetName, Preset>;

/** What is trained where no preset is asked for: the best of the small ones (trials: docs/performance.md). */
export const DEFAULT_PRESET: PresetName = "residual";

/** What a preset decides; other settings have their defaults. */
type Preset = Omit<TrainOverrides, "network" | "augmentation"> & {
  readonly network: NetworkConfig;
  readonly augmentation: Augmentation;
};

/** Settings that replace a preset's. */
export type TrainOverrides = { readonly [K in keyof Omit<TrainConfig, "preset">]?: TrainConfig[K] };

/** The reference's steps, where a preset takes others. */
const SGD: TrainOverrides = { learningRate: 0.01, learningRateDecay: 0.9, weightDecay: 1e-4 };
/** PyTorch's defaults of AdamW: a rate that is right for gradient descent is far too large for it. */
const ADAMW: TrainOverrides = { learningRate: 0.001, weightDecay: 0.01 };

/**
 * A preset with some settings replaced.
 *
 * @example Other settings than a preset's
 * ```ts
 * import { maskSize, trainConfig } from "@attparsenet/attparsenet";
 *
 * const config = trainConfig("lite", { optimizer: "adamw", schedule: "cosine", epochs: 20 });
 * console.log(config.learningRate, maskSize(config.network));
 * ```
 *
 * @throws {RangeError} If a setting is out of its range.
 */
export function trainConfig(preset: PresetName, overrides: TrainOverrides = {}): TrainConfig {
  return presetConfig(preset, flatten(overrides));
}

/** As {@linkcode trainConfig}, of settings by their own names and not checked yet. */
export function presetConfig(preset: PresetName, given: GivenSettings): TrainConfig {
  const own: GivenSettings = flatten(PRESETS[preset]);
  const isOther = given.optimizer !== undefined && given.optimizer !== (own.optimizer ?? "sgd");
  const optimizer = isOther ? flatten(given.optimizer === "adamw" ? ADAMW : SGD) : {};
  const config = configOf(preset, { ...own, ...optimizer, ...mapsOf(own, given), ...given });
  checkMaps(config);
  return config;
}

/** The mask loss that fits a mask head other than the preset's. */
function mapsOf(own: GivenSettings, { maskHead }: GivenSettings): GivenSettings {
  if (maskHead === undefined || maskHead === own.maskHead) return {};
  return { maskLoss: maskHead === "context" ? "bce+dice" : "mse" };
}

/** Maps that the losses of logits are to measure must be logits. */
function checkMaps({ maskLoss, network: { maskHead } }: TrainConfig): void {
  if (maskLoss === "mse" || maskHead === "context") return;
  throw new RangeError(
    `maskLoss ${maskLoss}: the maps of the mask head ${maskHead} are no logits; try the mask head context`,
  );
}
