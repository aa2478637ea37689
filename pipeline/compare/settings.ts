/** Settings: runs whose configurations differ in the seed alone are repetitions of one. */

import { flatten } from "../report/flatten.ts";
import { withDefaults } from "../network/settings.ts";
import type { ComparedRun } from "./compared_run.ts";

/** Runs that were trained alike. */
export interface Setting {
  /** What the names of its runs have in common. */
  readonly name: string;
  readonly runs: readonly ComparedRun[];
  /** Its configuration as far as it decides what is trained. */
  readonly config: ReadonlyMap<string, string>;
}

/** One value in which a setting differs from another. */
export interface SettingDifference {
  /** Name in `config.json`, dotted. */
  readonly key: string;
  /** Its value here; null where there is none. */
  readonly value: string | null;
  /** Its value there. */
  readonly other: string | null;
}

/** Fields of `config.json` that do not decide what is trained, besides the seed. */
const CIRCUMSTANCES = [
  ...["schema", "seed", "created", "backend", "versions", "data", "fingerprint"],
  ...["keepBest", "checkpointMinutes"],
];

/** What of `data` does: a landmarks file, for one, may lie in each run's own folder. */
const DATA = ["dataset", "labels", "train", "validation"];

/** Puts runs into settings, in the order of their first runs. */
export function groupRuns(runs: readonly ComparedRun[]): Setting[] {
  const groups = new Map<string, { config: ReadonlyMap<string, string>; runs: ComparedRun[] }>();
  for (const run of runs) {
    const config = configOf(run);
    const key = JSON.stringify([...config]);
    const group = groups.get(key);
    if (group) group.runs.push(run);
    else groups.set(key, { config, runs: [run] });
  }
  const settings = [...groups.values()].map((group) => ({ ...group, name: nameOf(group.runs) }));
  const isUnique = (name: string) => settings.filter((other) => other.name === name).length === 1;
  return settings.map((setting) => ({
    ...setting,
    name: isUnique(setting.name) ? setting.name : setting.runs[0]!.name,
  }));
}

/** Where a setting's configuration differs from another's. */
export function differencesOf(setting: Setting, other: Setting): SettingDifference[] {
  const keys = new Set([...other.config.keys(), ...setting.config.keys()]);
  return [...keys].map((key) => ({
    key,
    value: setting.config.get(key) ?? null,
    other: other.config.get(key) ?? null,
  })).filter(({ value, other }) => value !== other);
}

function configOf({ folder }: ComparedRun): Map<string, string> {
  const pick = (fields: Readonly<Record<string, unknown>>, isWanted: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => isWanted(key)).toSorted());
  return new Map(flatten({
    ...pick(withDefaults(folder.config), (key) => !CIRCUMSTANCES.includes(key)),
    data: pick(folder.data, (key) => DATA.includes(key)),
  }));
}

/** What the names begin with, without a seed's beginning: `w7` for `w7-s64`, `w7-s65`. */
function nameOf([first, ...others]: readonly ComparedRun[]): string {
  const name = first!.name;
  if (others.length === 0) return name;
  let length = 0;
  while (
    length < name.length && others.every(({ name: other }) => other[length] === name[length])
  ) {
    length++;
  }
  const common = name.slice(0, length);
  const isInNumber = others.some(({ name: other }) => /\d/.test(other[length] ?? ""));
  const whole = isInNumber ? common.replace(/\d+$/, "") : common;
  const shared = whole.replace(/(?<=.)[-_. ]+(seed|s)?[-_. ]*$/i, "");
  return shared === "" || shared.endsWith("/") ? name : shared;
}
