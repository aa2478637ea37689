/** How a run was set up, in the words of its configuration. */

import { presetConfig } from "../../network/presets.ts";
import { flatten, SETTING_NAMES } from "../../network/settings.ts";
import type { RunConfig } from "../../train/files/run_folder.ts";
import type { RunDetail } from "../wire.ts";

/** Settings in which a run differs from its preset. */
export function changedSettings(config: RunConfig): RunDetail["changed"] {
  const [own, preset] = [flatten(config), flatten(presetConfig(config.preset, {}))];
  return SETTING_NAMES.flatMap((name) => {
    const [value, usual] = [textOf(own[name]), textOf(preset[name])];
    return value === usual ? [] : [{ name, value, preset: usual }];
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

const FACTS = [
  ["data set", "dataset"],
  ["landmarks", "landmarks"],
  ["labels", "labels"],
  ["faces to train on", "train"],
  ["faces to validate on", "validation"],
] as const;

/** What it trains with, as far as the configuration says. */
export function factsOf(
  { preset, backend, created, seed, data = {} }: RunConfig,
): RunDetail["facts"] {
  const facts = [
    ["preset", preset],
    ...FACTS.map(([name, key]) => [name, data[key]] as const),
    ...[["back end", backend], ["seed", seed], ["begun", created]] as const,
  ] as const;
  return facts.filter(([, value]) => ["string", "number"].includes(typeof value))
    .map(([name, value]) => [name, `${value}`] as const);
}
