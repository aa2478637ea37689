/**
 * The settings of a training run: one table from which defaults, checks, the flags of the command line and
 * what a config file may hold follow.
 *
 * @module
 */

import { resolve } from "node:path";
import type { OptimizerSettings } from "../kernels/tfjs_optimizer.ts";
import { ATTRIBUTES } from "./attributes.ts";
import type { NetworkConfig } from "./network.ts";
import type { PresetName } from "./presets.ts";
import type { TargetSettings } from "./train/loss_targets.ts";
import type { NarrowSettings } from "./train/narrow_targets.ts";
import type { ScheduleSettings } from "./train/schedule.ts";
import { quotedValue } from "./quoted.ts";
import { choice, integer, list, nullable, number, numberOf, SWITCH } from "./values.ts";
import type { ValueKind } from "./values.ts";

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
  /** Random changes to the training images. */
  readonly augmentation: Augmentation;
  /** Whether a positive label whose mask is empty counts as negative, as in the reference. */
  readonly labelRepair: boolean;
  /** Epochs from one validation to the next; the last epoch has one in any case. */
  readonly validateEvery: number;
  /** Validations without a better one after which the run ends; 0 for all epochs. */
  readonly patience: number;
  /** The run whose weights it starts from, instead of random ones. */
  readonly from: string | null;
  /** Whether factors of products are rounded to half precision; for adapters with `shader-f16`. */
  readonly f16: boolean;
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
const GROUPS = ["network", "augmentation"] as const;
type Group = typeof GROUPS[number];

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

const positive = number({ positive: true });
const atLeast0 = number({ positive: false });
const share = number({ positive: false, below: 1 });

const side = integer(1);
/** Height and width in pixels. */
const SIZE: ValueKind<NetworkConfig["input"]> = {
  placeholder: "HxW",
  completion: null,
  parse: (text) => {
    const [height, width] = text.split("x").map(numberOf);
    return SIZE.check({ height, width });
  },
  check: (value) => {
    const { height, width } = fieldsOf(value, "height and width");
    return { height: side.check(height), width: side.check(width) };
  },
};

/** A number of steps, or of epochs if the word stands behind it. */
const WARMUP: ValueKind<TrainConfig["warmup"]> = {
  placeholder: "N|N-epochs",
  completion: null,
  parse: (text) => {
    const [, count = "", unit = "steps"] = /^([\d.]+)(?:[- ]?(steps|epochs?))?$/.exec(text) ?? [];
    return WARMUP.check({ count: numberOf(count), unit: unit === "epoch" ? "epochs" : unit });
  },
  check: (value) => {
    const wanted =
      'steps or epochs, such as 200 or 1-epoch ({"count": 1, "unit": "epochs"} in a file)';
    const { count, unit } = fieldsOf(value, wanted);
    const isCount = typeof count === "number" && Number.isFinite(count) && count >= 0;
    if (isCount && (unit === "steps" || unit === "epochs")) return { count, unit };
    throw new RangeError(`expected ${wanted}`);
  },
};

/** The path of a folder, made absolute. */
const FOLDER: ValueKind<string> = {
  placeholder: "RUN",
  completion: null,
  parse: (path) => resolve(path),
  check: (value) => {
    if (typeof value === "string" && value !== "") return resolve(value);
    throw new RangeError("expected the path of a run");
  },
};

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
    kind: choice("shared", "separate"),
    group: "network",
    fallback: "shared",
    option: "maskHead",
    help: "whether the logits see the maps themselves",
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

type Name = keyof Settings;
type Fields = Readonly<Record<string, unknown>>;

/** Some settings by their own names, not checked yet. */
export type GivenSettings = Partial<Record<Name, unknown>>;

/** Names of the settings. */
export const SETTING_NAMES: readonly Name[] = Object.keys(SETTINGS) as Name[];

/** A configuration's settings by their own names. */
export function flatten(config: object): GivenSettings {
  const fields = config as Fields;
  const known = SETTING_NAMES.map((name) => {
    const { group } = SETTINGS[name];
    return [name, (group ? fields[group] as Fields | undefined : fields)?.[name]] as const;
  });
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

/**
 * Makes a configuration of settings by their names; what is absent has its default.
 *
 * @throws {RangeError} If a setting has no value, or none that fits; the message names it.
 */
export function configOf(preset: PresetName, given: GivenSettings): TrainConfig {
  const config: Record<string, unknown> = { preset };
  for (const name of SETTING_NAMES) {
    const { group, fallback } = SETTINGS[name];
    const value = checkSetting(name, given[name] ?? fallback);
    if (group) config[group] = { ...config[group] as Fields | undefined, [name]: value };
    else config[name] = value;
  }
  return config as unknown as TrainConfig;
}

/** A configuration in which settings that an older version did not know have the values it acted by. */
export function withDefaults(config: Fields): Fields {
  const whole: Record<string, unknown> = { ...config };
  for (const name of SETTING_NAMES) {
    const { group, fallback } = SETTINGS[name];
    if (fallback === undefined) continue;
    if (group) whole[group] = { [name]: fallback, ...whole[group] as Fields | undefined };
    else whole[name] ??= fallback;
  }
  return whole;
}

/**
 * The value of a setting, if it fits.
 *
 * @throws {RangeError} If it does not, or is missing; the message names the setting.
 */
export function checkSetting(name: Name, value: unknown): unknown {
  if (value === undefined) throw new RangeError(`${name} is missing`);
  try {
    return SETTINGS[name].kind.check(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${name} ${quotedValue(value)}: ${cause.message}`, { cause });
  }
}

/** The first setting that a run which goes on may not change, and has; null if there is none. */
export function changedSetting(before: TrainConfig, now: TrainConfig): Name | null {
  const [old, other] = [flatten(before), flatten(now)];
  // Where the learning rate is at the end of the last epoch depends on which epoch that is.
  const isFree = (name: Name) =>
    SETTINGS[name].isFree && !(name === "epochs" && now.schedule === "cosine");
  const differs = (name: Name) => JSON.stringify(old[name]) !== JSON.stringify(other[name]);
  return SETTING_NAMES.find((name) => !isFree(name) && differs(name)) ?? null;
}

/** Names that are no settings, of an object laid out like a configuration. */
export function unknownNames(fields: Fields): string[] {
  const own = (group: Group | undefined) => (name: string) =>
    !Object.hasOwn(SETTINGS, name) || SETTINGS[name as Name].group !== group;
  return Object.entries(fields).flatMap(([name, value]) => {
    const group = GROUPS.find((group) => group === name);
    if (!group) return own(undefined)(name) ? [name] : [];
    return Object.keys(value as Fields).filter(own(group)).map((inner) => `${group}.${inner}`);
  });
}

function fieldsOf(value: unknown, wanted: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RangeError(`expected ${wanted}`);
}
