/** The table of all settings: what each is, does and is by default. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { choice, integer, list, nullable, SWITCH } from "./values.ts";
import { atLeast0, FOLDER, positive, share, SIZE, WARMUP, wholeShare } from "./kinds.ts";
import type { Setting, Settings } from "./train_config.ts";

/** The settings in the order in which help lists them. */
export const SETTINGS: { readonly [K in keyof Settings]: Setting<Settings[K]> } = {
  epochs: {
    kind: integer(1),
    option: "epochs",
    help: "passes over the training split",
    isFree: true,
  },
  batch: { kind: integer(1), option: "batch", help: "images a batch" },
  accumulate: {
    kind: integer(1),
    fallback: 1,
    option: "accumulate",
    help: "batches a step, each normalised by itself",
  },
  optimizer: {
    kind: choice("sgd", "adamw"),
    fallback: "sgd",
    option: "optimizer",
    help: "gradient descent with momentum, or AdamW (from a learning rate of 0.001, decay 0.01)",
  },
  learningRate: { kind: positive, option: "lr", help: "learning rate before it decays" },
  schedule: {
    kind: choice("constant", "step", "exponential", "plateau", "cosine"),
    fallback: "exponential",
    option: "schedule",
    help: "how the learning rate goes",
  },
  learningRateDecay: {
    kind: positive,
    option: "lrDecay",
    help: "its factor from one decay to the next",
  },
  decayEvery: {
    kind: integer(1),
    fallback: 2,
    option: "decayEvery",
    help: "step: epochs between decays; plateau: validations without a better one",
  },
  warmup: {
    kind: WARMUP,
    fallback: { count: 0, unit: "steps" },
    option: "warmup",
    help: "steps or epochs in which the learning rate rises from zero",
  },
  momentum: {
    kind: share,
    option: "momentum",
    help: "share of the velocity that a step keeps; of AdamW's mean",
  },
  weightDecay: {
    kind: atLeast0,
    option: "weightDecay",
    help: "share of each weight taken from it",
  },
  clip: {
    kind: atLeast0,
    fallback: 0,
    option: "clip",
    help: "longest norm of all gradients together; 0 for any",
  },
  segmentationWeight: {
    kind: atLeast0,
    option: "segmentationWeight",
    help: "weight of the mask loss",
  },
  maskLoss: {
    kind: choice("mse", "bce", "bce+dice"),
    fallback: "mse",
    option: "maskLoss",
    help: "loss of the maps: squared error, cross entropy, or that and their overlap (Dice)",
  },
  maskTarget: {
    kind: choice("label", "region"),
    fallback: "label",
    option: "maskTarget",
    help: "whether maps show attributes or their regions",
  },
  maskBalance: {
    kind: SWITCH,
    fallback: false,
    option: "maskBalance",
    help: "let the maps of faces with and without an attribute count alike",
  },
  classBalance: {
    kind: SWITCH,
    fallback: false,
    option: "classBalance",
    help: "let the labels of faces with and without an attribute count alike",
  },
  attributes: {
    kind: list(choice(...ATTRIBUTES), "A,B,…"),
    fallback: ATTRIBUTES,
    option: "attributes",
    help: "attributes that are learnt and validated; all by default",
  },
  labelSmoothing: {
    kind: share,
    fallback: 0,
    option: "labelSmoothing",
    help: "how far labels are moved towards one half",
  },
  labelRepair: {
    kind: SWITCH,
    option: "labelRepair",
    help: "take a positive label away whose mask is empty",
  },
  architecture: { kind: choice("plain", "residual"), group: "network", fallback: "plain" },
  input: { kind: SIZE, group: "network" },
  widths: { kind: list(integer(1), "N,N,…"), group: "network" },
  maskHead: {
    kind: choice("shared", "separate", "context"),
    group: "network",
    fallback: "shared",
    option: "maskHead",
    help: "whether the logits see the maps themselves, or a head makes them from early features",
  },
  flip: { kind: SWITCH, group: "augmentation", option: "flip", help: "mirror half of the images" },
  shift: {
    kind: integer(0),
    group: "augmentation",
    option: "shift",
    help: "largest shift of an image, in pixels of the input",
  },
  validateEvery: {
    kind: integer(1),
    fallback: 1,
    option: "validateEvery",
    help: "epochs between validations",
  },
  patience: {
    kind: integer(0),
    fallback: 0,
    option: "patience",
    help: "validations without a better one until the run ends; 0 for all epochs",
    isFree: true,
  },
  allowMissing: {
    kind: wholeShare,
    fallback: 0.05,
    option: "allowMissing",
    help:
      "share of the faces to train and validate on that may be missing, without landmarks or readable " +
      "image; beyond it nothing is trained",
    isFree: true,
  },
  from: {
    kind: nullable(FOLDER),
    fallback: null,
    option: "from",
    help: "run whose weights it starts from",
  },
  f16: {
    kind: SWITCH,
    fallback: false,
    option: "f16",
    help: "round factors to half precision; for hardware adapters with shader-f16",
  },
  deviceImages: {
    kind: integer(0),
    fallback: 2048,
    option: "deviceImages",
    help: "MiB of a graphics card's memory for training images, which then stay there; 0 for none",
    isFree: true,
  },
  seed: { kind: integer(0), fallback: 64 },
  keepBest: {
    kind: integer(0),
    fallback: 1,
    option: "keepBest",
    help: "checkpoints kept of the best epochs",
    isFree: true,
  },
  checkpointMinutes: {
    kind: atLeast0,
    fallback: 10,
    option: "checkpointMinutes",
    help: "minutes between checkpoints within an epoch; 0 for none",
    isFree: true,
  },
};
