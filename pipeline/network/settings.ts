/**
 * The settings of a training run. Defaults, checks, the flags of the command line and what a config file
 * may hold all follow from one table.
 *
 * @module
 */

import { quotedValue } from "../files/quoted.ts";
import { SETTINGS } from "./settings/table.ts";
import {
  type Group,
  GROUPS,
  type PresetName,
  type Settings,
  type TrainConfig,
} from "./settings/train_config.ts";

export { SETTINGS } from "./settings/table.ts";
export type {
  NarrowSettings,
  PresetName,
  ScheduleSettings,
  Setting,
  Settings,
  TargetSettings,
  TrainConfig,
  Warmup,
} from "./settings/train_config.ts";

type Name = keyof Settings;
type Fields = Readonly<Record<string, unknown>>;

/** Some settings by their own names, not checked yet. */
export type GivenSettings = Partial<Record<Name, unknown>>;

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

/** A configuration with defaults for settings that an older version did not have. */
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

/** The first changed setting that a resumed run may not change; null if there is none. */
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
