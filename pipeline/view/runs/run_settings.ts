/** How a run was set up, in the words of its configuration. */

import { ATTRIBUTES } from "../../face/attributes.ts";
import { presetConfig } from "../../network/presets.ts";
import { flatten, SETTING_NAMES } from "../../network/settings.ts";
import type { RunConfig } from "../../train/files/run_folder.ts";
import { evaluateCommand, resumeCommand } from "../../report/commands.ts";
import type { RunDetail, RunState } from "../wire.ts";

/** Settings in which a run differs from its preset. */
export function changedSettings(config: RunConfig): RunDetail["changed"] {
  const [own, preset] = [flatten(config), flatten(presetConfig(config.preset, {}))];
  return SETTING_NAMES.flatMap((name) => {
    const [value, usual] = [textOf(own[name]), textOf(preset[name])];
    return value === usual ? [] : [{ name, value, preset: usual }];
  });
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === ATTRIBUTES.length ? "all" : value.join(", ");
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

/** What is to be done with a run as it stands. */
export function nextOf(
  { state, hasReport }: RunState,
  path: string,
  config: RunConfig,
): RunDetail["next"] {
  const run = { path, config: { ...config }, data: config.data ?? {} };
  if (state === "stopped") {
    return { does: "goes on with it from its last checkpoint", command: resumeCommand(run) };
  }
  if (state === "trains" || hasReport) return null;
  return {
    does: "measures it on the test split; then there is a report",
    command: evaluateCommand(run),
  };
}
